/** What programs and filters that somebody attached drop. */
import type { Incident } from "../incident.ts";
import type { Command, DropRule, Rule } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { countText, deviceText, onDevice, peersText, serviceText, wereText } from "./phrases.ts";
import { certaintyFor, isIn, isReason, reasonsOf } from "./signs.ts";

const BY_REASON: Readonly<Record<string, string>> = {
  TC_INGRESS: "a tc filter or BPF program at ingress",
  TC_EGRESS: "a tc filter or BPF program at egress",
  BPF_CGROUP_EGRESS: "a BPF program of the sender's cgroup",
  SOCKET_FILTER: "a filter of the socket, or a BPF program of its cgroup",
  TAP_FILTER: "a BPF program of the tun device",
  XDP: "a generic XDP program whose redirect failed",
};
const GENERIC_XDP = "a generic XDP program";

/** Generic XDP gives no reason when the program itself says drop. */
function isGenericXdp(incident: Incident): boolean {
  return isReason(incident, "NOT_SPECIFIED") && isIn(incident, "do_xdp_generic");
}

const BPF_POLICY: DropRule = {
  about: "drops",
  id: "bpf-policy",
  title: "Dropped by a BPF program or tc filter",
  severity: "critical",
  needs: [],
  signs: `${Object.keys(BY_REASON).join(", ")}; NOT_SPECIFIED in do_xdp_generic.`,
  against: "Nothing: the kernel names the hook. Which program of several it was is not shown.",
  matches: (incident) => isReason(incident, ...Object.keys(BY_REASON)) || isGenericXdp(incident),
  together: "service",
  judge: (subject) => ({
    certainty: certaintyFor(subject, subject.incidents.some(isGenericXdp) ? "likely" : "certain"),
    text:
      `${countText(subject, "segment")} between ${peersText(subject)} and ${serviceText(subject)} ` +
      `${wereText(subject)} dropped by ${whatDropped(subject)}.`,
    evidence: [`${reasonsOf(subject).join(", ")} on ${deviceText(subject)}`],
    next: commandsOf(subject),
  }),
  refute: "No program or filter at that hook (bpftool net, tc filter show): then it was removed meanwhile.",
  advice: [
    {
      action:
        "Ask whoever attached it: a network plug-in's policy (cilium monitor --type drop), an agent, systemd",
      why: "the program decides, and the kernel does not know why",
    },
  ],
  sources: [
    "net/core/dev.c: sch_handle_ingress(), sch_handle_egress(), do_xdp_generic(); net/ipv4/ip_output.c: " +
      "ip_finish_output(); net/core/filter.c: sk_filter_trim_cap() (Linux 6.18)",
  ],
};

function whatDropped(subject: Subject): string {
  const named = reasonsOf(subject).flatMap((reason) => BY_REASON[reason] ?? []);
  return [...named, ...(subject.incidents.some(isGenericXdp) ? [GENERIC_XDP] : [])].join("; ");
}

function commandsOf(subject: Subject): readonly Command[] {
  const reasons = reasonsOf(subject);
  const commands: Command[] = [];
  if (reasons.includes("TC_INGRESS") || reasons.includes("TC_EGRESS")) {
    const hook = reasons.includes("TC_INGRESS") ? "ingress" : "egress";
    commands.push(...onDevice(subject, (name) => ["bpftool", "net", "show", "dev", name]));
    commands.push(...onDevice(subject, (name) => ["tc", "-s", "filter", "show", "dev", name, hook]));
  }
  if (reasons.includes("BPF_CGROUP_EGRESS") || reasons.includes("SOCKET_FILTER"))
    commands.push(["bpftool", "cgroup", "tree"]);
  if (reasons.includes("SOCKET_FILTER")) commands.push(["ss", "-tanbp"]);
  return commands.length > 0 ? commands : [["bpftool", "net", "show"]];
}

export const BPF_RULES: readonly Rule[] = [BPF_POLICY];
