/**
 * Which drops raise a counter of the kernel: the form of the tables in counters-tcp.ts, counters-ip.ts and
 * counters-devices.ts.
 *
 * A drop raises a counter and makes a kfree_skb event at two points of the kernel, a few lines apart. A rule
 * says which events follow from the lines of one counter, so that a rise can be compared with the events
 * (reconcile/).
 */
import type { Direction, TcpFlag } from "../model/index.ts";

/**
 * Which events. All conditions must hold. A condition that an event cannot decide neither holds nor fails,
 * and the event then counts as one that may.
 */
export interface EventMatch {
  /** Default: "kfree_skb". */
  readonly source?: "kfree_skb" | "listener";
  /** Reasons of CORE, or causes of refused SYNs; default: any. */
  readonly reasons?: readonly string[];
  /** Functions that dropped it, with the functions into which they may be inlined. */
  readonly at?: readonly string[];
  readonly family?: 4 | 6;
  readonly direction?: Direction;
  readonly states?: readonly string[];
  readonly notStates?: readonly string[];
  readonly withFlag?: TcpFlag;
  readonly withoutFlag?: TcpFlag;
  /** Whether it uses up sequence numbers: it has payload or FIN. */
  readonly carries?: boolean;
  /** The destination is no multicast address, 0.0.0.0 or 255.255.255.255. */
  readonly unicast?: true;
  /** Only on kernels without a reason of this name. */
  readonly before?: string;
}

export interface CounterRule {
  /**
   * Names as nstat prints them, "softnet.dropped", or "*.rx_dropped" for every device. Several, if each drop
   * raises exactly one of them and the event does not say which: their rises are added up.
   */
  readonly counters: readonly string[];
  /** What it counts: skbs, or the wire segments that they stand for. */
  readonly unit: "skbs" | "segments";
  /** Each of these events raises the counter by one (or by its segments). */
  readonly always: readonly EventMatch[];
  /** Each of these may raise it; no event says which. They explain as much of a rise as is left. */
  readonly sometimes: readonly EventMatch[];
  /** Why the counter may rise by more than the events explain, or by less: sentences for people. */
  readonly mayDiffer: string;
  /** Where the kernel raises it: file, function, and the release that was read. */
  readonly kernelSource: string;
}
