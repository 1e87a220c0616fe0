/**
 * Why a listening socket refused a SYN. The names are this project's: the kernel gives no reason for such a
 * drop, for it frees the skb as consumed. Which of them it was shows in the counters of the namespace.
 */
import { REFUSED_CAUSES, type RefusedCause, type RefusedSite, type RefusedSource } from "../model/index.ts";
import { recurs } from "../model/shared.ts";
import type { ReasonRow } from "./reason-row.ts";

/** The subsystem of these reasons; no kernel has one of this name. */
export const LISTEN = "LISTEN";

type Facts = Required<Pick<ReasonRow, "place" | "counter" | "meaning" | "advice">>;

/** One for each cause; the advice is one line of at most 100 characters. */
const BY_CAUSE: Readonly<Record<RefusedCause, Facts>> = {
  ACCEPT_QUEUE_FULL: {
    place: "net/ipv4/tcp_input.c, tcp_conn_request: sk_acceptq_is_full (v6.12)",
    counter: "TcpExtListenOverflows",
    meaning: "A SYN came while the listening socket's accept queue was full.",
    advice:
      "ss -ltn (Recv-Q over Send-Q): accept faster, or raise the backlog of listen() and net.core.somaxconn",
  },
  SYN_QUEUE_FULL: {
    place:
      "net/ipv4/tcp_input.c, tcp_conn_request: inet_csk_reqsk_queue_is_full, tcp_syn_flood_action (v6.12)",
    counter: "TcpExtTCPReqQFullDrop",
    meaning:
      "A SYN came while as many handshakes were under way as the backlog allows, and SYN cookies are off.",
    advice:
      "sysctl net.ipv4.tcp_syncookies=1, or raise backlog and somaxconn; ss -tn state syn-recv shows whose",
  },
  LISTEN_DROP: {
    place: "net/ipv4/tcp_input.c, tcp_conn_request: drop; net/ipv4/tcp_ipv4.c, tcp_req_err (v6.12)",
    counter: "TcpExtListenDrops",
    meaning:
      "The listening socket dropped a request, and the counters do not show why, or show more than one " +
      "cause.",
    advice:
      "nstat -az 'TcpExtListen*' TcpExtTCPReqQFullDrop; tcp_max_syn_backlog, memory, the route to the peer",
  },
};

export const LISTEN_REASONS: readonly ReasonRow[] = REFUSED_CAUSES.map((name) => ({
  name,
  subsystem: LISTEN,
  class: "loss",
  ...BY_CAUSE[name],
}));

const sites = new Map<string, RefusedSite>();

/** The site of SYNs that were refused for this cause: the same object each time. */
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
    advice: BY_CAUSE[cause].advice,
    location: undefined,
    locationAddress: undefined,
  });
  sites.set(key, recurs(site));
  return site;
}
