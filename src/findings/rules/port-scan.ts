/** Addresses that try many ports, a SYN or two each: who calls a service that is down comes again. */
import { plural } from "../headline.ts";
import { endpointText, type Incident } from "../incident.ts";
import type { DropRule } from "../rule.ts";
import { countText, list, peersText } from "./phrases.ts";
import { findsNobody, isAll, isUnread, portsOf } from "./signs.ts";

/** A client that tries several services tries a few ports, not ten. */
const SCANNED_PORTS = 10;
/** SYNs of one source to one port: a scanner got its answer with the first, and may ask again to be sure. */
const SYNS_OF_SCAN = 2;

export const PORT_SCAN: DropRule = {
  about: "drops",
  id: "port-scan",
  title: "Port scan",
  severity: "info",
  needs: ["events"],
  signs:
    `SYNs (NO_SOCKET) of sources that each tried at least ${SCANNED_PORTS} ports on which nobody listens, ` +
    `with at most ${SYNS_OF_SCAN} to each.`,
  against:
    "More SYNs to a port, other segments or other sources there, or few ports: a service may be down. " +
    "Ports that were not kept apart are left out, for nobody knows how many SYNs each got.",
  matches: (incident) =>
    findsNobody(incident) && (isUnread(incident) || (isAll(incident, "syn") && isTriedOnly(incident))),
  together: "netns",
  pick: (incidents, evidence) => {
    const used = new Set(evidence.incidents.filter(isOfConnection).map(endOf));
    const unused = incidents.filter((incident) => !used.has(endOf(incident)));
    const scanners = scannersIn(unused);
    return unused.filter(({ peers }) => [...peers.values()].every((peer) => scanners.has(peer)));
  },
  judge: (subject) => {
    const ports = portsOf(subject.incidents);
    if (ports.length < SCANNED_PORTS) return undefined;
    const [source] = subject.peers;
    const isOnce = !subject.isAtLeast && subject.incidents.every(({ count, peers }) => count === peers.size);
    return {
      certainty: isOnce ? "likely" : "possible",
      text:
        `${subject.peers.length === 1 ? source : peersText(subject)} tried ` +
        `${plural(ports.length, "port")} on which nobody listens (${countText(subject, "SYN")}): ` +
        "consistent with a port scan.",
      evidence: [
        `Ports: ${list(ports.map(String), 12)}`,
        subject.isAtLeast
          ? "Not every SYN was looked at: some ports may have got more than a scanner sends"
          : `At most ${most(subject.incidents)} to a port of one address`,
      ],
      next: [["ss", "-ltnp"]],
    };
  },
  refute: "A service of these ports that should run, or a program at the source that is meant to use them.",
  advice: [
    {
      action: "Ignore it, or block the source in front of this host",
      why: "public addresses are scanned all day; each of these SYNs got a RST",
      risk: "whoever shares the address is blocked with it",
    },
    { action: "See that nothing listens on outside addresses that is not meant for them" },
  ],
  sources: ["net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), no_tcp_socket (Linux 6.18)", "RFC 9293, 3.10.7.1"],
};

/** No more than a scan of each source; not so where services were not kept apart. */
function isTriedOnly({ service, count, peers }: Incident): boolean {
  return service !== undefined && !peers.isCut && count <= peers.size * SYNS_OF_SCAN;
}

/** A scanner has no connection: who sends data or ACKs had one. */
function isOfConnection({ segments }: Incident): boolean {
  return segments.payload + segments.bareAck > 0;
}

function endOf({ service }: Incident): string | undefined {
  return service === undefined ? undefined : endpointText(service);
}

/** Sources that tried many ports. */
function scannersIn(incidents: readonly Incident[]): ReadonlySet<string> {
  const tried = new Map<string, Set<number>>();
  for (const { peers, service } of incidents)
    for (const peer of peers.values()) {
      const ports = tried.get(peer) ?? new Set();
      tried.set(peer, service === undefined ? ports : ports.add(service.port));
    }
  return new Set([...tried].flatMap(([peer, { size }]) => (size < SCANNED_PORTS ? [] : peer)));
}

/** "1 SYN". */
function most(incidents: readonly Incident[]): string {
  return plural(Math.max(...incidents.map(({ count }) => count)), "SYN");
}
