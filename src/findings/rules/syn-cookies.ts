/** SYN cookies that held off what would have filled a listening socket's queue: no drop shows them. */
import { type NetnsEvidence, roseIn } from "../evidence.ts";
import { plural } from "../headline.ts";
import type { Incident } from "../incident.ts";
import type { MachineRule } from "../rule.ts";
import { isOverflow } from "./accept-queue.ts";
import { counterLines, sysctlLines } from "./phrases.ts";

const FULL = "TcpExtTCPReqQFullDoCookies";
const SENT = "TcpExtSyncookiesSent";
const CAME_BACK = "TcpExtSyncookiesRecv";
const LISTEN_DROPS = "TcpExtListenDrops";
const SETTING = "net/ipv4/tcp_syncookies";

/** Fewer may be a few clients at once. */
const FLOOD_COOKIES = 100;
/** Of a flood nearly no handshake completes. */
const SENT_PER_RETURNED = 10;

export const SYN_COOKIES: MachineRule = {
  about: "machine",
  id: "syn-cookies-sent",
  title: "SYN cookies were sent",
  severity: "info",
  needs: ["counters"],
  signs:
    `SYNs that found the SYN queue of a listening socket full and were answered with SYN cookies ` +
    `(${FULL}), while no SYN was refused. A flood: at least ${FLOOD_COOKIES} cookies, and at most one in ` +
    `${SENT_PER_RETURNED} came back (${CAME_BACK}).`,
  against:
    "SYNs that were refused, or last ACKs that met a full accept queue: then somebody was harmed, and other rules " +
    "say so. net.ipv4.tcp_syncookies of 2, which sends cookies always.",
  judge: (netns, { incidents }) => {
    const full = roseIn(netns, FULL) ?? 0;
    if (full === 0 || sendsAlways(netns) || isHarmed(netns, incidents)) return undefined;
    const sent = roseIn(netns, SENT) ?? full;
    const cameBack = roseIn(netns, CAME_BACK) ?? 0;
    const isFlood = sent >= FLOOD_COOKIES && cameBack * SENT_PER_RETURNED <= sent;
    return {
      certainty: isFlood ? "likely" : "possible",
      text:
        `${plural(full, "SYN")} found the SYN queue of a listening socket full and ` +
        `${full === 1 ? "was" : "were"} answered with SYN cookies, of which ${cameBack} came back; no SYN was ` +
        "refused: consistent with " +
        (isFlood
          ? "a SYN flood that SYN cookies held off."
          : "more clients at once than the backlog of listen() has room for, or a small SYN flood."),
      evidence: [
        ...counterLines(netns, FULL, SENT, CAME_BACK, "TcpExtSyncookiesFailed", "TcpPassiveOpens"),
        ...(roseIn(netns, LISTEN_DROPS) === 0 ? [`${LISTEN_DROPS} stood still`] : []),
        ...sysctlLines(netns, SETTING, "net/core/somaxconn"),
      ],
      next: [
        ["ss", "-tn", "state", "syn-recv"],
        ["ss", "-ltn"],
        ["nstat", "-az", "TcpExtTCPReqQFull*", "TcpExtSyncookies*"],
      ],
    };
  },
  refute:
    "Handshakes of the same sources that complete (ss -tn state syn-recv names them): many clients at once, and a " +
    "backlog that is too short.",
  advice: [
    {
      action:
        "Look at who is in the SYN queue (many strangers with one incomplete handshake each are a flood)",
      why: "with cookies the listening socket goes on to accept; the flood costs CPU time and bandwidth",
    },
    {
      action: "Limit the rate of SYNs in front of this host, if it is one",
      risk: "it limits real clients too",
    },
    {
      action: "Raise the listen() backlog, and net.core.somaxconn above it, if they are clients",
      why: "a connection from a cookie has no window scaling and no SACK where the client sends no timestamps",
    },
  ],
  sources: [
    "net/ipv4/tcp_input.c: tcp_conn_request(), tcp_syn_flood_action(); net/ipv4/syncookies.c: " +
      "cookie_v4_check() (Linux 6.18)",
    "Documentation/networking/ip-sysctl.rst: tcp_syncookies",
    "Documentation/networking/snmp_counter.rst: TcpExtTCPReqQFullDoCookies",
  ],
};

/** At the end of the run. */
function sendsAlways(netns: NetnsEvidence): boolean {
  return netns.sysctl?.get(SETTING)?.trim() === "2";
}

function isHarmed(netns: NetnsEvidence, incidents: readonly Incident[]): boolean {
  return (
    (roseIn(netns, LISTEN_DROPS) ?? 0) > 0 ||
    incidents.some((one) => one.netns === netns.inode && (one.kind === "refused" || isOverflow(one)))
  );
}
