/** What is dropped because of what connection tracking knows, or has forgotten. */
import type { Advice } from "../../model/index.ts";
import { roseIn, whyUnknown } from "../evidence.ts";
import { plural } from "../headline.ts";
import { endpointText, type Incident } from "../incident.ts";
import type { Command, DropRule, Rule } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { firewallLine, firewallOf, rulesCommands } from "./netfilter.ts";
import { counterLines, countText, peersText, serviceText, sysctlLines, wereText } from "./phrases.ts";
import { isMidStream, portOf } from "./signs.ts";

/** The table empties as soon as it was full: at the end of a run it may be a little below. */
const NEARLY_FULL = 0.95;
const LOOSE = "net/netfilter/nf_conntrack_tcp_loose";
const ESTABLISHED_TIMEOUT = "net/netfilter/nf_conntrack_tcp_timeout_established";

const CONNTRACK_FULL: DropRule = {
  about: "drops",
  id: "conntrack-full",
  title: "Table of tracked connections full",
  severity: "critical",
  needs: ["conntrack"],
  signs:
    "NETFILTER_DROP of SYNs in nf_hook_slow while the table of tracked connections is at least 95 % " +
    "full, or its " +
    "counter of drops rises.",
  against: "Drops in the middle of connections, which are in the table already; a table with room.",
  matches: (incident) => firewallOf(incident) === "hook" && !isMidStream(incident),
  together: "netns",
  judge: (subject, netns) => {
    const { count, max } = netns?.conntrack ?? { count: 0, max: 0 };
    const known = roseIn(netns, "conntrack.drop");
    const dropped = known ?? 0;
    const isFull = max > 0 && count >= max * NEARLY_FULL;
    // It may have been full for a moment in between: the counter alone would show that.
    if (!isFull && known === undefined) return { unknown: whyUnknown(netns, "conntrack.drop") };
    if (!isFull && dropped === 0) return undefined;
    return {
      certainty: isFull && dropped > 0 ? "likely" : "possible",
      text:
        `${countText(subject, "segment")} between ${peersText(subject)} and ${serviceText(subject)} ` +
        `${wereText(subject)} dropped: consistent with a table of tracked connections that is full.`,
      evidence: [
        `${count} of at most ${max} connections were tracked at the end of the run`,
        ...counterLines(netns, "conntrack.drop", "conntrack.early_drop"),
        firewallLine(subject),
      ],
      next: [
        ["conntrack", "-S"],
        ["sysctl", "net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_max"],
      ],
    };
  },
  refute: 'A kernel log (dmesg) without "nf_conntrack: table full, dropping packet".',
  advice: [
    {
      action: "Raise net.netfilter.nf_conntrack_max, and nf_conntrack_buckets with it",
      risk: "entries take kernel memory",
    },
    {
      action: "Do not track what needs no state (notrack), and shorten time-outs",
      why: "entries of finished and half-open connections stay for minutes",
      risk: "what is not tracked needs rules for both directions",
    },
  ],
  sources: [
    "net/netfilter/nf_conntrack_core.c: nf_conntrack_in(), __nf_conntrack_alloc() (Linux 6.18)",
    "Documentation/networking/nf_conntrack-sysctl.rst",
  ],
};

/** Where the entry is there: `conntrack -L` shows it. */
const OUT_OF_WINDOW: readonly Advice[] = [
  {
    action: "See whether both directions come through here, and whether a device merges or rewrites segments",
    why: "tracking needs every segment, in order, to know the windows",
  },
  {
    action: "Where conntrack -L shows the connection: sysctl net.netfilter.nf_conntrack_tcp_be_liberal=1",
    why: "then only RSTs out of window are invalid",
    risk: "segments with forged sequence numbers pass",
  },
];

/** Where there is no entry. */
const FORGOTTEN: readonly Advice[] = [
  {
    action:
      "Where it does not: let one end send keep-alives more often than nf_conntrack_tcp_timeout_established, " +
      "or raise that",
    why: "with nf_conntrack_tcp_loose=0 what the table has forgotten is invalid",
    risk: "a longer time-out fills the table",
  },
];

const CONNTRACK_INVALID: DropRule = {
  about: "drops",
  id: "conntrack-invalid",
  title: "Dropped as invalid by connection tracking",
  severity: "critical",
  needs: ["counters"],
  signs:
    "NETFILTER_DROP in the middle of connections, no SYN among them, while the counter of invalid " +
    "segments rises.",
  against: "SYNs to the same service that are dropped too: then a rule closes the service.",
  matches: (incident) => firewallOf(incident) !== undefined && isMidStream(incident),
  together: "service",
  judge: (subject, netns) => {
    const invalid = roseIn(netns, "conntrack.invalid");
    if (invalid === undefined) return { unknown: whyUnknown(netns, "conntrack.invalid") };
    if (invalid === 0) return undefined;
    const isStrict = netns?.sysctl?.get(LOOSE)?.trim() === "0";
    return {
      certainty: invalid >= subject.count ? "likely" : "possible",
      text:
        `The firewall dropped ${countText(subject, "segment")} of open connections between ` +
        `${peersText(subject)} ` +
        `and ${serviceText(subject)}: consistent with segments that conntrack calls invalid` +
        `${isStrict ? ": of connections that it has forgotten (an idle time-out), or outside the window" : ""}.`,
      evidence: [
        `conntrack.invalid rose by ${invalid}`,
        firewallLine(subject),
        ...sysctlLines(netns, "net/netfilter/nf_conntrack_tcp_be_liberal", LOOSE, ESTABLISHED_TIMEOUT),
        ...(isStrict ? ["With tcp_loose 0 a connection without an entry gets none before a SYN"] : []),
        `No SYN of ${serviceText(subject, "the same service")} is among them`,
      ],
      advice: isStrict ? [...FORGOTTEN, ...OUT_OF_WINDOW] : [...OUT_OF_WINDOW, ...FORGOTTEN],
      next: [...rulesCommands(subject), entriesOf(subject), ["conntrack", "-S"]],
    };
  },
  refute:
    "No rule for ct state invalid (-m conntrack --ctstate INVALID) in the list, or one that does not count.",
  advice: [...OUT_OF_WINDOW, ...FORGOTTEN],
  sources: [
    "net/netfilter/nf_conntrack_core.c: nf_conntrack_in(); nf_conntrack_proto_tcp.c: tcp_new(), " +
      "tcp_in_window() (Linux 6.18)",
    "Documentation/networking/nf_conntrack-sysctl.rst: nf_conntrack_tcp_be_liberal, _tcp_loose",
  ],
};

const IDLE_TIMEOUT: DropRule = {
  about: "drops",
  id: "firewall-idle-timeout",
  title: "Open connections that the firewall does not know",
  severity: "critical",
  needs: ["events"],
  signs:
    "NETFILTER_DROP of data in the middle of connections, no SYN dropped for the same service, and the " +
    "counter " +
    "of invalid segments does not rise.",
  against: "SYNs to the same service that are dropped too; segments that are invalid.",
  matches: (incident) =>
    firewallOf(incident) !== undefined && isMidStream(incident) && incident.segments.payload > 0,
  together: "service",
  judge: (subject, netns, { incidents }) => {
    const isClosed = incidents.some(
      (one) => firewallOf(one) !== undefined && one.segments.syn > 0 && isOfService(one, subject),
    );
    if (isClosed || subject.services.length === 0) return undefined;
    const { payload } = subject.segments;
    return {
      certainty: "possible",
      text:
        `The firewall dropped ${plural(payload, "segment")} with data of ` +
        `${plural(subject.connections, "connection")} ` +
        `to ${serviceText(subject)}, and no SYN: consistent with connections that it has forgotten (an ` +
        `idle ` +
        "time-out), or a rule that is newer than they are.",
      evidence: [firewallLine(subject), ...sysctlLines(netns, LOOSE, ESTABLISHED_TIMEOUT)],
      next: [...rulesCommands(subject), entriesOf(subject)],
    };
  },
  refute: "An entry for the connection in conntrack -L, or new connections that are dropped too.",
  advice: [
    {
      action: "Let one end send keep-alives more often than the firewall's time-out",
      why: "sysctl net.ipv4.tcp_keepalive_time counts only for sockets with SO_KEEPALIVE",
    },
    {
      action: "Or raise the time-out: net.netfilter.nf_conntrack_tcp_timeout_established",
      risk: "the table gets fuller",
    },
  ],
  sources: [
    "net/netfilter/nf_conntrack_proto_tcp.c: nf_conntrack_tcp_packet(), timeouts (Linux 6.18)",
    "Documentation/networking/nf_conntrack-sysctl.rst: nf_conntrack_tcp_timeout_established, _tcp_loose",
  ],
};

function isOfService({ service }: Incident, { services }: Subject): boolean {
  return service !== undefined && services.includes(endpointText(service));
}

/** The tracked connections to the service. */
function entriesOf(subject: Subject): Command {
  const port = portOf(subject);
  return ["conntrack", "-L", "-p", "tcp", ...(port === undefined ? [] : ["--dport", String(port)])];
}

export const CONNTRACK_RULES: readonly Rule[] = [CONNTRACK_FULL, CONNTRACK_INVALID, IDLE_TIMEOUT];
