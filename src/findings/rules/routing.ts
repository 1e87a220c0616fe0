/** What is dropped because of routes: the wrong interface, no route, a loop. */
import type { Advice } from "../../model/index.ts";
import { looksLikeOption } from "../command-text.ts";
import type { NetnsEvidence } from "../evidence.ts";
import { plural } from "../headline.ts";
import type { Incident } from "../incident.ts";
import type { Command, DropRule, Rule } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { counterLines, countText, deviceText, exampleEnds, ipCommand, peersText } from "./phrases.ts";
import { reasonLines } from "./reason-lines.ts";
import { certaintyFor, isIn, isReason, isVariant } from "./signs.ts";

/** traceroute sends three SYNs for each hop, of connections of their own. */
const LOOPED_PER_CONNECTION = 4;
const LOOSE = 2;

const ASYMMETRIC_ROUTE: DropRule = {
  about: "drops",
  id: "asymmetric-route",
  title: "Reverse path filter",
  severity: "critical",
  needs: ["events"],
  signs: "IP_RPFILTER: the route back to the source does not lead to the interface that the segment came by.",
  against: "Forged sources: then nothing should be changed.",
  matches: (incident) => isReason(incident, "IP_RPFILTER"),
  together: "device",
  judge: (subject, netns) => {
    const { source } = exampleEnds(subject);
    const device = deviceText(subject);
    const mode = rpFilterOf(subject, netns);
    return {
      certainty: certaintyFor(subject, "certain"),
      text:
        `rp_filter dropped ${countText(subject, "segment")} that came in by ${device}: ` +
        (mode === LOOSE
          ? "no route leads back to the source."
          : `the route back to the source is not by ${device}.`),
      evidence: [
        `They came in by ${device}${source === undefined ? "" : `, one of them from ${source}`}`,
        ...(mode === undefined
          ? []
          : [`rp_filter of ${device} is ${mode} (the higher of "all" and its own)`]),
        ...counterLines(netns, "TcpExtIPReversePathFilter"),
      ],
      next: [
        ...(source === undefined ? [] : [["ip", "route", "get", source]]),
        ["sysctl", "-ar", "net.ipv4.conf.*rp_filter"],
      ],
    };
  },
  refute: "A route back to the source (ip route get) by the same interface: then it was changed meanwhile.",
  advice: [
    {
      action: "Correct the route back to SADDR, so that it leaves by IFACE",
      why: "answers would take the other way, and may be dropped there",
    },
    {
      action: "sysctl net.ipv4.conf.IFACE.rp_filter=2",
      why: "loose: any route back is enough",
      risk: "forged sources inside the known networks pass",
    },
  ],
  sources: [
    "net/ipv4/fib_frontend.c: __fib_validate_source() (Linux 6.18)",
    "Documentation/networking/ip-sysctl.rst: rp_filter",
    "RFC 3704",
  ],
};

const NO_ROUTE: DropRule = {
  about: "drops",
  id: "no-route",
  title: "No route, or one that rejects",
  severity: "critical",
  needs: ["events"],
  signs:
    "IP_OUTNOROUTES for what this host sends, IP_INNOROUTES for what it should forward; without a reason: " +
    "ip_error, dst_discard_out and inet6_csk_xmit.",
  against:
    "A route that rejects on purpose (blackhole, unreachable, prohibit). Whether the route is back, only " +
    "the table of routes shows.",
  matches: (incident) => wayOf(incident) !== undefined,
  together: "netns",
  judge: (subject, netns) => {
    const { destination } = exampleEnds(subject);
    const ways = new Set(subject.incidents.flatMap((incident) => wayOf(incident) ?? []));
    const isRejected = !ways.has("missing") && !ways.has("missing-or-rejects");
    const isVague = ways.has("missing-or-rejects") || (isRejected && ways.has("discards"));
    const which =
      subject.count === 1
        ? ` to ${destination ?? "a destination that is not known"}`
        : `${destination === undefined ? "" : `, one of them to ${destination}`}`;
    return {
      certainty: certaintyFor(subject, isVague ? "likely" : "certain"),
      // It may be there on purpose.
      ...(isRejected ? { severity: "warning", advice: WHERE_REJECTED } : {}),
      text: `${countText(subject, "segment")} ${wayText(ways, subject.count, which)} (${peersText(subject)}).`,
      evidence: [
        ...reasonLines(subject),
        ...counterLines(netns, "IpOutNoRoutes", "IpExtInNoRoutes", "Ip6OutNoRoutes", "Ip6InNoRoutes"),
      ],
      next: [...lookUp(subject), ipCommand(subject, "route", "show", "table", "all"), ["ip", "rule"]],
    };
  },
  refute: "A route that ip route get finds: then it had vanished for a while, see ip monitor route.",
  advice: [
    {
      action: "Add the route, or find out who removes it: ip monitor route",
      why: "a routing daemon, a DHCP client or an interface that goes down takes routes away",
    },
  ],
  sources: [
    "net/ipv4/ip_output.c: __ip_queue_xmit(); net/ipv4/route.c: ip_error(); net/ipv6/route.c: " +
      "ip6_pkt_drop(); net/core/dst.c: dst_discard_out() (Linux 6.18)",
  ],
};

const WHERE_REJECTED: readonly Advice[] = [
  {
    action: "See which route matches (ip route show table all), and whether a better one is missing",
    why: "a route that rejects is often there for when a more specific one goes away",
  },
  { action: "If it rejects what it should: nothing to do" },
];

/** What the route of a segment was, as far as the kernel shows it. */
type Way = "missing" | "missing-or-rejects" | "rejects" | "discards";

function wayOf(incident: Incident): Way | undefined {
  if (isReason(incident, "IP_OUTNOROUTES", "IP_INNOROUTES")) return "missing";
  if (isVariant(incident, "not-specified/no-ipv6-route")) return "missing";
  if (isVariant(incident, "not-specified/no-route-in-transit")) return "missing-or-rejects";
  if (isVariant(incident, "not-specified/route-rejects")) return "rejects";
  return isVariant(incident, "not-specified/route-discards") ? "discards" : undefined;
}

/** `which`: where they were to go. */
function wayText(ways: ReadonlySet<Way>, count: number, which: string): string {
  const it = count === 1 ? "it" : "them";
  const [way] = ways;
  if (ways.has("missing-or-rejects"))
    return `had no route${which}, or one that rejects ${it}, or this host does not forward`;
  if (ways.size > 1 || way === undefined) return `had no route, or one that rejects ${it}${which}`;
  if (way === "missing") return `had no route${which}`;
  return way === "rejects"
    ? `met a route that rejects ${it} (blackhole, unreachable or prohibit)${which}`
    : `met a route that discards ${it}${which}: a blackhole, or one that was just removed`;
}

/** The route of the example, as the kernel looked for it. */
function lookUp(subject: Subject): readonly Command[] {
  const { source, destination } = exampleEnds(subject);
  const [ifname] = subject.ifnames;
  if (destination === undefined) return [];
  const came = subject.direction !== "tx" && source !== undefined && ifname !== undefined;
  const from = came && !looksLikeOption(ifname) ? ["from", source, "iif", ifname] : [];
  return [ipCommand(subject, "route", "get", destination, ...from)];
}

const FORWARD_LOOP: DropRule = {
  about: "drops",
  id: "forward-loop",
  title: "Hop limit reached",
  severity: "critical",
  needs: ["events"],
  signs:
    "IP_INHDR in ip_forward or ip6_forward: the TTL or hop limit of what should be forwarded was used up.",
  against: "A few SYNs without data, each of a connection of its own: a traceroute over TCP.",
  matches: (incident) => isReason(incident, "IP_INHDR") && isIn(incident, "ip_forward", "ip6_forward"),
  together: "netns",
  judge: (subject, netns) => {
    const { destination } = exampleEnds(subject);
    const isLoop =
      subject.segments.payload > 0 ||
      subject.count >= LOOPED_PER_CONNECTION * Math.max(1, subject.connections);
    return {
      certainty: isLoop ? "likely" : "possible",
      ...(isLoop ? {} : { severity: "info" }),
      text:
        `The hop limit of ${countText(subject, "segment")} was used up here: consistent with ` +
        `${isLoop ? "a routing loop" : "a traceroute, or a routing loop"}` +
        `${destination === undefined ? "" : ` on the way to ${destination}`}.`,
      evidence: [
        `${plural(subject.segments.payload, "segment")} with data, of ` +
          `${plural(subject.connections, "connection")}`,
        ...counterLines(netns, "IpInHdrErrors", "Ip6InHdrErrors"),
      ],
      next:
        destination === undefined
          ? []
          : [["tracepath", "-n", destination], ipCommand(subject, "route", "get", destination)],
    };
  },
  refute:
    "A tracepath to the destination without a repeated router: then the sender sets a small TTL itself.",
  advice: [
    {
      action: "Find the two routers that send it to each other, and correct the route of one",
      why: "each round costs bandwidth, and nothing arrives",
    },
  ],
  sources: [
    "net/ipv4/ip_forward.c: ip_forward(), too_many_hops; net/ipv6/ip6_output.c: ip6_forward() (Linux 6.18)",
    "RFC 1812, 5.3.1",
  ],
};

/** What counts for the device: the kernel takes the higher of "all" and its own. */
function rpFilterOf({ ifnames }: Subject, netns: NetnsEvidence | undefined): number | undefined {
  const values = ["all", ...ifnames.slice(0, 1)]
    .map((name) => netns?.sysctl?.get(`net/ipv4/conf/${name}/rp_filter`))
    .filter((value) => value !== undefined)
    .map(Number);
  return ifnames.length > 0 && values.length === 2 ? Math.max(...values) : undefined;
}

export const ROUTING_RULES: readonly Rule[] = [ASYMMETRIC_ROUTE, NO_ROUTE, FORWARD_LOOP];
