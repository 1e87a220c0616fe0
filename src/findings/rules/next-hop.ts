/** What cannot leave: the next hop does not answer, or the device is down. */
import type { Link } from "../../host/links.ts";
import type { NetnsEvidence } from "../evidence.ts";
import type { DropRule, Rule } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { wayText } from "./ends.ts";
import { countText, deviceText, exampleEnds, ipCommand, onDevice, sysctlLines } from "./phrases.ts";
import { certaintyFor, isReason, reasonsOf } from "./signs.ts";

const WHAT_IS_WRONG: Readonly<Record<string, string>> = {
  NEIGH_FAILED: "the next hop does not answer ARP or neighbour discovery",
  NEIGH_QUEUEFULL: "too many packets wait for the next hop's link address",
  NEIGH_CREATEFAIL: "no entry for the next hop could be made, as when the table of neighbours is full",
  NEIGH_DEAD: "the next hop's entry was just being removed",
};

const NEIGHBOUR: DropRule = {
  about: "drops",
  id: "neighbour",
  title: "Next hop does not answer",
  severity: "critical",
  needs: ["events"],
  signs: "NEIGH_FAILED, NEIGH_QUEUEFULL, NEIGH_CREATEFAIL or NEIGH_DEAD, on one interface.",
  against: "Nothing: the kernel names it. Whether the next hop answers now, its entry shows.",
  matches: (incident) => isReason(incident, ...Object.keys(WHAT_IS_WRONG)),
  together: "device",
  judge: (subject, netns) => {
    const { destination } = exampleEnds(subject);
    const wrong = reasonsOf(subject).flatMap((reason) => WHAT_IS_WRONG[reason] ?? []);
    return {
      certainty: certaintyFor(subject, "certain"),
      text:
        `${countText(subject, "segment")} could not leave by ${deviceText(subject)}: ` +
        `${wrong.join("; ")}.`,
      evidence: [
        `${reasonsOf(subject).join(", ")}, ${wayText(subject)}`,
        ...sysctlLines(netns, "net/ipv4/neigh/default/gc_thresh3", "net/ipv6/neigh/default/gc_thresh3"),
      ],
      next: [
        ...onDevice(subject, (name) => ipCommand(subject, "neigh", "show", "dev", name)),
        ...(destination === undefined ? [] : [ipCommand(subject, "route", "get", destination)]),
      ],
    };
  },
  refute: "An entry of the next hop in state REACHABLE while such drops come.",
  advice: [
    {
      action: "See that the next hop of the route is up, and in the same VLAN",
      why: "it is asked for its link address, and nothing is sent before it answers",
    },
    {
      action: "With thousands of neighbours: raise net.ipv4.neigh.default.gc_thresh3",
      why: "no entry is made beyond it",
      risk: "the table takes more kernel memory",
    },
  ],
  sources: [
    "net/core/neighbour.c: __neigh_event_send(), neigh_probe(); net/ipv4/arp.c: arp_error_report() " +
      "(Linux 6.18)",
    "Documentation/networking/ip-sysctl.rst: neigh/default/gc_thresh3",
  ],
};

const DEAD_LINK: DropRule = {
  about: "drops",
  id: "dead-link",
  title: "Device down",
  severity: "critical",
  needs: ["events"],
  signs: "DEV_READY: the device is down, or no program has it open (tun, tap).",
  against: "A device that is up, with a carrier, at the end of the run: then it was down for a while.",
  matches: (incident) => isReason(incident, "DEV_READY"),
  together: "device",
  judge: (subject, netns) => {
    const link = linkOf(subject, netns);
    const isBack = link?.isUp === true && link.hasCarrier;
    return {
      certainty: certaintyFor(subject, link === undefined || isBack ? "likely" : "certain"),
      ...(isBack ? { severity: "warning" } : {}),
      text:
        `${countText(subject, "segment")} met ${deviceText(subject)} while it was down or not in use` +
        `${isBack ? "; it is up now" : ""}.`,
      evidence: link === undefined ? [] : [stateText(link)],
      next: onDevice(subject, (name) => ["ip", "-s", "link", "show", "dev", name]),
    };
  },
  refute: "An interface that was up with a carrier all the time: dmesg, ip monitor link.",
  advice: [
    { action: "Find out who or what took the link down: dmesg, the switch, the program behind a tun device" },
    { action: "Set it up: ip link set dev IFACE up", risk: "somebody may have taken it down on purpose" },
  ],
  sources: [
    "drivers/net/tun.c: tun_net_xmit(), tun_get_user(); net/core/dev.c: enqueue_to_backlog() (Linux 6.18)",
  ],
};

function linkOf({ ifnames, ifindex }: Subject, netns: NetnsEvidence | undefined): Link | undefined {
  return netns?.links?.find((link) => link.ifindex === ifindex || link.name === ifnames[0]);
}

function stateText({ name, isUp, hasCarrier }: Link): string {
  const carrier = hasCarrier ? "with a carrier" : "without a carrier";
  return `${name} was ${isUp ? `up, ${carrier},` : "down"} at the end of the run`;
}

export const NEXT_HOP_RULES: readonly Rule[] = [NEIGHBOUR, DEAD_LINK];
