/**
 * Which drops raise a counter of the kernel: the form of the tables in counters-tcp.ts, counters-ip.ts and
 * counters-devices.ts.
 *
 * A counter and the kfree_skb event of one drop come from two places of the kernel, a few lines apart. A rule
 * says which events the lines of one counter lead to, so that a rise can be compared with the events
 * (reconcile/).
 */
import type { Direction, TcpFlag } from "../model/index.ts";

/**
 * Which events. All conditions must hold; one that an event does not tell about neither holds nor fails, and
 * the event then counts as one that may.
 */
export interface EventMatch {
  /** "kfree_skb" unless told. */
  readonly source?: "kfree_skb" | "listener";
  /** Reasons of CORE, or causes of refused SYNs; any unless told. */
  readonly reasons?: readonly string[];
  /** Functions that dropped it; those stand here too into which the compiler may inline the place. */
  readonly at?: readonly string[];
  readonly family?: 4 | 6;
  readonly direction?: Direction;
  readonly states?: readonly string[];
  readonly notStates?: readonly string[];
  readonly withFlag?: TcpFlag;
  readonly withoutFlag?: TcpFlag;
  /** Takes up sequence numbers: it has payload or FIN. */
  readonly carries?: boolean;
  /** Only on kernels that have no reason of this name. */
  readonly before?: string;
}

export interface CounterRule {
  /**
   * Names as nstat prints them, "softnet.dropped", or "*.rx_dropped" for each device's. More than one where
   * every drop raises exactly one of them and the event does not tell which: their rises are added up.
   */
  readonly counters: readonly string[];
  /** What it counts: skbs, or the wire segments that they stand for. */
  readonly unit: "skbs" | "segments";
  /** Each of these events raises the counter by one (or by its segments). */
  readonly always: readonly EventMatch[];
  /** These may, depending on what no event tells. They explain as much of a rise as is left. */
  readonly sometimes: readonly EventMatch[];
  /** Why the counter may rise by more than the events explain, or by less: one sentence for people. */
  readonly mayDiffer: string;
  /** The kernel's lines that raise it: file, function, and the release in which they were read. */
  readonly place: string;
}
