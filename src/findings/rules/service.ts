/** Segments that find no socket: nobody listens, or connections are gone. */
import type { SummaryNotice } from "../../model/index.ts";
import type { ListenerState, NetnsEvidence } from "../evidence.ts";
import { plural } from "../headline.ts";
import type { Incident, Service } from "../incident.ts";
import type { DropRule, Rule } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { senderText } from "./ends.ts";
import { countText, list, peersText, serviceText, ssOfListener } from "./phrases.ts";
import { findsNobody, isAllIn, isReason, isUnread, isVariant } from "./signs.ts";

/** Fewer refused connects are what programs do that try whether somebody is there. */
const CLEARLY_DOWN = 3;

const SERVICE_DOWN: DropRule = {
  about: "drops",
  id: "service-down",
  title: "Nobody listens",
  severity: "critical",
  needs: ["events"],
  signs:
    "SYNs (NO_SOCKET) to a port on which nobody listens; certain where the listening sockets were listed.",
  against: "A socket that listens on the address and port at the end of the run; one source and many ports.",
  matches: (incident) => findsNobody(incident) && (incident.segments.syn > 0 || isUnread(incident)),
  together: "service",
  judge: (subject, netns, { summary }) => {
    const services = subject.incidents.flatMap(({ service }) => service ?? []);
    if (services.length === 0) return undefined;
    const { syn } = subject.segments;
    const ports = new Set(services.map(({ port }) => port));
    const onPort = netns?.listeners?.filter(({ port }) => ports.has(port));
    const isBack = onPort?.some((listener) => services.some((one) => takes(listener, one))) === true;
    return {
      certainty: onPort === undefined || isBack ? "likely" : "certain",
      ...(syn < CLEARLY_DOWN || isBack ? { severity: "warning" } : {}),
      text:
        `Nobody ${isBack ? "listened" : "listens"} on ${serviceText(subject)}: ` +
        `${countText({ ...subject, count: syn }, "SYN")} from ` +
        `${peersText(subject)} found no socket${isBack ? "; one listens now" : ""}.`,
      evidence: [...listenerLines(onPort, [...ports], netns), ...siteLines(subject, summary)],
      next: [ssOfListener(subject)],
    };
  },
  refute: "A socket that listens on this address and port in this network namespace.",
  advice: [
    { action: "Start the service, or see why it ended", why: "each client gets a RST: connection refused" },
    {
      action: "Bind it to the address that clients use",
      why: "a socket of 127.0.0.1 takes nothing from outside",
      risk: "on 0.0.0.0 or :: it is reachable through every interface",
    },
    { action: "See that it runs in this network namespace", why: "each has listening sockets of its own" },
  ],
  sources: [
    "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), no_tcp_socket; net/ipv6/tcp_ipv6.c: tcp_v6_rcv() (Linux 6.18)",
  ],
};

const LATE_SEGMENTS: DropRule = {
  about: "drops",
  id: "late-segments",
  title: "Segments of connections that are gone",
  severity: "info",
  needs: ["events"],
  signs:
    "Segments other than SYNs that find no socket (NO_SOCKET), one that listens (TCP_FLAGS, TCP_RESET), or a " +
    "connection in TIME_WAIT.",
  against: "SYNs to the same port that find no socket either: the service is down.",
  matches: (incident) =>
    (findsNobody(incident) || isForNoConnection(incident)) && incident.segments.syn === 0,
  together: "service",
  judge: (subject, _netns, { incidents }) => {
    const { segments, services } = subject;
    const isDown = incidents.some((one) => findsNobody(one) && one.segments.syn > 0 && isOf(one, services));
    return {
      certainty: "possible",
      text:
        `${countText(subject, "segment")} ${senderText(subject)} came for connections that this host does ` +
        "not have: consistent with peers that were still sending when the connection ended here.",
      evidence: [
        `${plural(segments.payload, "segment")} with data, ${segments.fin} with FIN, ${segments.rst} ` +
          `with RST, ` +
          `${plural(segments.bareAck, "pure ACK")}`,
        ...(isDown ? ["SYNs to the same port found no socket either: the service ended"] : []),
      ],
      next: [["ss", "-tan", "state", "time-wait"]],
    };
  },
  refute:
    "Data that the peer still expects to arrive: a restarted host, or a NAT or load balancer that moved it.",
  advice: [
    {
      action: "Nothing, if it comes at the end of connections",
      why: "the sender gets a RST, and has lost nothing that this end would have read",
    },
    { action: "Otherwise see whether this host or its program was restarted, or its address moved here" },
  ],
  sources: [
    "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), no_tcp_socket, do_time_wait (Linux 6.18)",
    "RFC 9293, 3.10.7.1",
  ],
};

/** A socket has the port, and not the connection. */
function isForNoConnection(incident: Incident): boolean {
  return (
    isVariant(incident, "not-specified/time-wait-*") ||
    (isReason(incident, "TCP_FLAGS", "TCP_RESET") && isAllIn(incident, "LISTEN"))
  );
}

/** Whether it would have taken a SYN to the service. */
function takes({ address, port, takesIpv4 }: ListenerState, service: Service): boolean {
  if (port !== service.port) return false;
  if (address === service.address) return true;
  if (!isV4(service.address)) return address === "::";
  return takesIpv4 && ["0.0.0.0", "::", `::ffff:${service.address}`].includes(address);
}

/** "::" alone would say that it takes all. */
function addressText({ address, takesIpv4 }: ListenerState): string {
  return address === "::" && !takesIpv4 ? ":: for IPv6 alone" : address;
}

function isV4(address: string): boolean {
  return !address.includes(":");
}

function listenerLines(
  onPort: readonly ListenerState[] | undefined,
  ports: readonly number[],
  netns: NetnsEvidence | undefined,
): readonly string[] {
  if (onPort === undefined) return [];
  const [first] = onPort;
  const port = ports.length === 1 ? `port ${ports[0]}` : `any of these ${ports.length} ports`;
  if (first !== undefined) {
    const addresses = onPort.filter((one) => one.port === first.port).map(addressText);
    return [`Port ${first.port} was listened on at ${list(addresses)} at the end of the run`];
  }
  const others = netns?.listeners?.length ?? 0;
  return [`No socket listened on ${port} at the end of the run; ${plural(others, "other socket")} listened`];
}

/** What the kernel counted of all services, where not every drop was looked at, and it filtered them all. */
function siteLines(subject: Subject, { bySite, filterRest }: SummaryNotice): readonly string[] {
  if (!subject.isAtLeast || filterRest !== undefined) return [];
  const sites = new Set(subject.incidents.map(({ reason, location }) => `${reason} at ${location}`));
  return [...sites].flatMap((site) => {
    const counted = bySite.filter(({ reason, location }) => `${reason} at ${location}` === site);
    const count = counted.reduce((sum, one) => sum + one.count, 0);
    return count === 0 ? [] : [`The kernel counted ${plural(count, "drop")} for ${site}, of all services`];
  });
}

function isOf({ service }: Incident, services: readonly string[]): boolean {
  return service !== undefined && services.some((one) => one.endsWith(`:${service.port}`));
}

export const SERVICE_RULES: readonly Rule[] = [SERVICE_DOWN, LATE_SEGMENTS];
