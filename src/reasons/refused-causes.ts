/**
 * Why a listening socket refused a SYN: plain data. These are this project's words. The kernel gives no
 * reason for such a drop, for it frees the skb as consumed; what tells is which counters of the namespace
 * rose.
 */
import type { RefusedCause } from "../event.ts";

export interface RefusedCauseRow {
  readonly cause: RefusedCause;
  /** As nstat prints it. */
  readonly counter: string;
  readonly place: string;
  readonly meaning: string;
  /** One line of at most 100 characters. */
  readonly advice: string;
}

export const REFUSED_CAUSES: readonly RefusedCauseRow[] = [
  {
    cause: "ACCEPT_QUEUE_FULL",
    counter: "TcpExtListenOverflows",
    place: "net/ipv4/tcp_input.c, tcp_conn_request: sk_acceptq_is_full (6.12)",
    meaning: "A SYN came while the listening socket's accept queue was full.",
    advice:
      "ss -ltn (Recv-Q over Send-Q): accept faster, or raise the backlog of listen() and net.core.somaxconn",
  },
  {
    cause: "SYN_QUEUE_FULL",
    counter: "TcpExtTCPReqQFullDrop",
    place:
      "net/ipv4/tcp_input.c, tcp_conn_request: inet_csk_reqsk_queue_is_full, tcp_syn_flood_action (6.12)",
    meaning:
      "A SYN came while as many handshakes were under way as the backlog allows, and SYN cookies are off.",
    advice:
      "sysctl net.ipv4.tcp_syncookies=1, or raise the backlog and somaxconn; ss -tn state syn-recv shows whose",
  },
  {
    cause: "LISTEN_DROP",
    counter: "TcpExtListenDrops",
    place: "net/ipv4/tcp_input.c, tcp_conn_request: drop; net/ipv4/tcp_ipv4.c, tcp_req_err (6.12)",
    meaning:
      "The listening socket dropped a request, and the counters do not tell why, or tell more than one cause.",
    advice:
      "nstat -az 'TcpExtListen*' TcpExtTCPReqQFullDrop; tcp_max_syn_backlog, memory, the route back to the peer",
  },
];

const byCause = new Map(REFUSED_CAUSES.map((row) => [row.cause, row]));

/** One line of what to do. */
export function refusedAdvice(cause: RefusedCause): string {
  return byCause.get(cause)?.advice ?? "";
}
