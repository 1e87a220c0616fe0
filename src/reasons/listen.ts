/**
 * Why a listening socket refused a SYN. The names are this project's: the kernel frees the skb as consumed
 * and gives no reason. The counters of the namespace show which cause it was.
 */
import { REFUSED_CAUSES, type RefusedCause, type RefusedSite, type RefusedSource } from "../model/index.ts";
import { recurs } from "../model/shared.ts";
import type { ReasonRow } from "./reason-row.ts";

/** The subsystem of these reasons; no kernel has one with this name. */
export const LISTEN = "LISTEN";

type Facts = Required<Pick<ReasonRow, "kernelSource" | "counter" | "meaning" | "advice">>;

/** The advice is one line of at most 100 characters. */
const BY_CAUSE: Readonly<Record<RefusedCause, Facts>> = {
  ACCEPT_QUEUE_FULL: {
    kernelSource: "net/ipv4/tcp_input.c, tcp_conn_request: sk_acceptq_is_full (v6.12)",
    counter: "TcpExtListenOverflows",
    meaning: "A SYN met a full accept queue. The peer gets no RST; it retransmits the SYN.",
    advice: "ss -ltn: accept faster, or raise the backlog and net.core.somaxconn",
  },
  SYN_QUEUE_FULL: {
    kernelSource:
      "net/ipv4/tcp_input.c, tcp_conn_request: inet_csk_reqsk_queue_is_full, tcp_syn_flood_action (v6.12)",
    counter: "TcpExtTCPReqQFullDrop",
    meaning:
      "A SYN met a full SYN queue, and SYN cookies are off. The peer gets no RST; it retransmits the SYN.",
    advice: "sysctl net.ipv4.tcp_syncookies=1, or raise the backlog; ss -tn state syn-recv shows the peers",
  },
  LISTEN_DROP: {
    kernelSource: "net/ipv4/tcp_input.c, tcp_conn_request: drop; net/ipv4/tcp_ipv4.c, tcp_req_err (v6.12)",
    counter: "TcpExtListenDrops",
    meaning:
      "The listening socket dropped a request, and the counters show no cause, or more than one: a SYN without " +
      "memory or a route back; without SYN cookies one of an unknown peer in the last quarter of " +
      "tcp_max_syn_backlog; an ICMP error that ended a handshake; an MPTCP join with an unknown token.",
    advice: "sysctl net.ipv4.tcp_syncookies; nstat -az 'TcpExtListen*' MPTcpExtMPJoinNoTokenFound; free -m",
  },
};

export const LISTEN_REASONS: readonly ReasonRow[] = REFUSED_CAUSES.map((name) => ({
  name,
  subsystem: LISTEN,
  class: "loss",
  ...BY_CAUSE[name],
}));

const sites = new Map<string, RefusedSite>();

/** The site of SYNs refused for this cause: always the same object. */
export function refusedSite(source: RefusedSource, cause: RefusedCause): RefusedSite {
  const key = `${source} ${cause}`;
  const known = sites.get(key);
  if (known !== undefined) return known;
  const site = Object.freeze<RefusedSite>({
    source,
    reason: cause,
    reasonCode: undefined,
    reasonSubsystem: LISTEN,
    reasonInferred: false,
    variant: `listen:${cause.toLowerCase().replaceAll("_", "-")}`,
    meaning: BY_CAUSE[cause].meaning,
    advice: BY_CAUSE[cause].advice,
    location: undefined,
    locationAddress: undefined,
  });
  sites.set(key, recurs(site));
  return site;
}
