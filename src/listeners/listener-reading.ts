/** What is read in one network namespace. */
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";

/** The counters of a namespace that matter here, TcpExt in /proc/net/netstat. */
export interface ListenCounters {
  readonly listenDrops: number;
  readonly listenOverflows: number;
  readonly reqQFullDrops: number;
  readonly deferAcceptDrops: number;
  /** SYN cookies that came back and were right. */
  readonly syncookiesRecv: number;
}

export interface Reading {
  readonly before: ListenCounters;
  /** Absent where they were not looked at. */
  readonly listeners: readonly Listener[] | undefined;
  readonly after: ListenCounters;
}
