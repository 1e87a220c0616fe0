/** Segments that are too big for the way on. */

import type { Link } from "../../host/links.ts";
import { looksLikeOption } from "../command-text.ts";
import { type NetnsEvidence, roseIn } from "../evidence.ts";
import { plural } from "../headline.ts";
import type { Command, DropRule, Rule } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { counterLines, countText, deviceText, exampleEnds, list, serviceText } from "./phrases.ts";
import { certaintyFor, isReason } from "./signs.ts";

const NS_PER_MS = 1_000_000n;
/** A sender that gets the ICMP message sends smaller segments after one round trip. */
const HEARD_MS = 500n;
const MAX_LINKS = 3;

const MTU_BLACK_HOLE: DropRule = {
  about: "drops",
  id: "mtu-black-hole",
  title: "Too big for the path MTU",
  severity: "critical",
  needs: ["events"],
  signs:
    "PKT_TOO_BIG. A black hole where the same connections meet it for more than half a second: a sender " +
    "that " +
    "hears the ICMP message stops at once.",
  against: "One burst for each connection: path MTU discovery that works.",
  matches: (incident) => isReason(incident, "PKT_TOO_BIG"),
  together: "device",
  judge: (subject, netns) => {
    const goesOn = repeats(subject);
    const wayOn = wayOnOf(subject);
    const smaller = wayOn === undefined ? smallerLinks(subject, netns) : [];
    const { destination } = exampleEnds(subject);
    const [was, they] = subject.count === 1 ? ["was", "it was"] : ["were", "they were"];
    return {
      certainty: certaintyFor(subject, goesOn ? "likely" : "possible"),
      ...(goesOn ? {} : { severity: "info" }),
      text:
        `${countText(subject, "segment")} of ${serviceText(subject, "connections")} that came in by ` +
        `${deviceText(subject)} ${was} too big for ` +
        `${wayOn === undefined ? "the MTU of the way on" : wayOnText(wayOn, they)}: ` +
        (goesOn
          ? "consistent with a sender that does not get the ICMP message (black hole)."
          : "consistent with path MTU discovery at work."),
      evidence: [
        `${plural(subject.connections, "connection")}, ${longestText(subject)}`,
        ...(wayOn === undefined ? mtuLines(subject, netns, smaller) : []),
        ...counterLines(
          netns,
          "IpFragFails",
          "Ip6InTooBigErrors",
          "IcmpOutDestUnreachs",
          "Icmp6OutPktTooBigs",
        ),
        ...unsentLines(netns),
      ],
      next: [
        ...[...(wayOn === undefined ? [] : [wayOn]), ...smaller]
          .filter(({ name }) => !looksLikeOption(name))
          .map(({ name }): Command => ["ip", "link", "show", "dev", name]),
        ...(destination === undefined ? [] : [["tracepath", "-n", destination]]),
      ],
    };
  },
  refute: "The ICMP message (fragmentation needed, packet too big) in a capture at the sender.",
  advice: [
    {
      action: "Let ICMP type 3 code 4 and ICMPv6 type 2 through, on the whole way back to the sender",
      why: "without it the sender repeats the segment in the same size until it gives up",
    },
    {
      action: "Clamp the MSS here: nft add rule ... tcp flags syn tcp option maxseg size set rt mtu",
      why: "then both ends choose segments that fit",
      risk: "it helps TCP alone, and new connections alone",
    },
    { action: "At the sender: sysctl net.ipv4.tcp_mtu_probing=1", why: "it finds the size without ICMP" },
  ],
  sources: [
    "net/ipv4/ip_forward.c: ip_forward(), ip_exceeds_mtu(); net/ipv6/ip6_output.c: ip6_forward() (Linux " +
      "6.18)",
    "RFC 2923, 2.1; RFC 4821",
    "Documentation/networking/ip-sysctl.rst: tcp_mtu_probing",
  ],
};

/** More drops than connections, and over a time in which the sender should have heard of it. */
function repeats({ count, connections, firstNs, lastNs }: Subject): boolean {
  if (firstNs === undefined || lastNs === undefined) return false;
  return count > Math.max(1, connections) && lastNs - firstNs >= HEARD_MS * NS_PER_MS;
}

/** What is too big is a segment on the wire; an skb may stand for several. */
function longestText({ incidents, example }: Subject): string {
  const { gsoSegs = 1, payloadLen = 0 } = example?.packet ?? {};
  if (gsoSegs > 1)
    return (
      `one of ${plural(payloadLen, "byte")} of data, which are ${gsoSegs} segments on the wire, the longest ` +
      `with at least ${Math.ceil(payloadLen / gsoSegs)}`
    );
  const longest = Math.max(...incidents.map(({ maxPayload }) => maxPayload));
  return `the longest ${longest > payloadLen ? "skb" : "segment"} with ${plural(longest, "byte")} of data`;
}

/** The way on, as the kernel had it in hand. */
interface WayOn {
  readonly name: string;
  /** Absent where a path MTU was learned, which is smaller. */
  readonly mtu: number | undefined;
}

function wayOnOf({ incidents }: Subject): WayOn | undefined {
  const known = incidents.find(({ outIfname }) => outIfname !== undefined);
  return known?.outIfname === undefined ? undefined : { name: known.outIfname, mtu: known.mtu };
}

function wayOnText({ name, mtu }: WayOn, they: string): string {
  return mtu === undefined ? `the path MTU beyond ${name}` : `${name}, where ${they} to leave: MTU ${mtu}`;
}

/** Interfaces with a smaller MTU than the one it came by: one of them is the way on. */
function smallerLinks({ ifnames, incidents }: Subject, netns: NetnsEvidence | undefined): readonly Link[] {
  const links = netns?.links ?? [];
  const ifindex = incidents[0]?.ifindex;
  const cameBy = links.find((link) => link.ifindex === ifindex || link.name === ifnames[0]);
  if (cameBy === undefined) return [];
  return links
    .filter(({ mtu, isUp }) => isUp && mtu < cameBy.mtu)
    .toSorted((a, b) => a.mtu - b.mtu)
    .slice(0, MAX_LINKS);
}

/** ICMP messages of this host that its own firewall drops count as discarded output. */
function unsentLines(netns: NetnsEvidence | undefined): readonly string[] {
  const unsent = roseIn(netns, "IpOutDiscards") ?? 0;
  const made = roseIn(netns, "IcmpOutDestUnreachs") ?? 0;
  return unsent === 0 || made === 0
    ? []
    : [`IpOutDiscards rose by ${unsent}: a firewall here may drop the ICMP messages themselves`];
}

function mtuLines(
  subject: Subject,
  netns: NetnsEvidence | undefined,
  smaller: readonly Link[],
): readonly string[] {
  if (netns?.links === undefined) return [];
  return smaller.length === 0
    ? [`No interface has a smaller MTU than ${deviceText(subject)}: the route has one of its own`]
    : [`Interfaces with a smaller MTU: ${list(smaller.map(({ name, mtu }) => `${name} (${mtu})`))}`];
}

export const PATH_MTU_RULES: readonly Rule[] = [MTU_BLACK_HOLE];
