/** Segments with flags that no TCP sends: who sends them wants to see what is answered. */
import type { Incident } from "../incident.ts";
import type { DropRule } from "../rule.ts";
import { countText, list, peersText } from "./phrases.ts";
import { findsNobody, isAll, isReason, isUnread, isVariant, portsOf } from "./signs.ts";

const MAX_PORTS = 12;

/** What finds no socket, or one that has no use for it. */
function mayBeProbe(incident: Incident): boolean {
  return (
    findsNobody(incident) ||
    isReason(incident, "TCP_FLAGS") ||
    isVariant(incident, "not-specified/half-open-without-ack", "not-specified/syn-sent-without-syn")
  );
}

/** On an open connection it may as well be a segment that a device on the way damaged. */
function isOfConnection({ states }: Incident): boolean {
  return [...states.keys()].some((state) => state !== "LISTEN");
}

export const FLAG_PROBES: DropRule = {
  about: "drops",
  id: "flag-probes",
  title: "Probes with flags that no TCP sends",
  severity: "info",
  needs: ["events"],
  signs:
    "Segments with none of SYN, ACK and RST (FIN alone, Xmas, no flags at all), or SYN with FIN, that find no " +
    "socket (NO_SOCKET) or one that has no use for them (TCP_FLAGS).",
  against:
    "Ordinary segments of the same kind beside them. On an open connection a device on the way may have " +
    "damaged them.",
  matches: (incident) => mayBeProbe(incident) && (isUnread(incident) || isAll(incident, "senseless")),
  together: "netns",
  judge: (subject) => {
    const { incidents, count } = subject;
    const closed = incidents.filter(findsNobody).reduce((sum, one) => sum + one.count, 0);
    const ports = portsOf(incidents);
    return {
      certainty: incidents.some(isOfConnection) ? "possible" : "likely",
      text:
        `${countText(subject, "segment")} from ${peersText(subject)} had flags that no TCP sends: ` +
        "consistent with a scan that looks for open ports or guesses the operating system.",
      evidence: [
        "None of SYN, ACK and RST was set, or SYN together with FIN",
        ...(ports.length === 0 ? [] : [`Ports: ${list(ports.map(String), MAX_PORTS)}`]),
        `${closed} found no socket, which is answered with a RST; ` +
          `${count - closed} met a socket, and got no answer`,
      ],
      next: [["ss", "-ltnp"]],
    };
  },
  refute: "A capture at the source that shows other flags: then a device on the way changes them.",
  advice: [
    {
      action: "Ignore it, or block the source in front of this host",
      why: "public addresses are scanned all day, and no connection is harmed",
      risk: "whoever shares the address is blocked with it",
    },
    { action: "See that nothing listens on outside addresses that is not meant for them" },
  ],
  sources: [
    "net/ipv4/tcp_input.c: tcp_rcv_state_process(), TCP_LISTEN; net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), " +
      "no_tcp_socket (Linux 6.18)",
    "RFC 9293, 3.10.7",
    "https://nmap.org/book/scan-methods-null-fin-xmas-scan.html",
  ],
};
