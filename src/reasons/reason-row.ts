/** One drop reason: what it means for the people who run the machine. */
import type { DropClass } from "../model/index.ts";

export interface ReasonRow {
  /** Without SKB_DROP_REASON_ or the subsystem's prefix, as events carry it. */
  readonly name: string;
  /**
   * As in enum skb_drop_reason_subsys: "CORE", "OPENVSWITCH", "MAC80211_UNUSABLE", "MAC80211_MONITOR",
   * "QDISC"; and "LISTEN" for causes of refused SYNs, whose names are this project's.
   */
  readonly subsystem: string;
  readonly class: DropClass;
  /**
   * Where the kernel gives the reason, which justifies the class: file, function, and the release that was
   * read.
   */
  readonly kernelSource: string;
  /**
   * The counter that rises with it, as `nstat` prints it; absent if there is none, or if nstat does not show
   * it.
   */
  readonly counter?: string;
  /** What happened: plain sentences. */
  readonly meaning: string;
  /**
   * What to check or do next: one line of at most 100 characters. IFACE, SADDR, DADDR stand for the values of
   * the event.
   */
  readonly advice: string;
  /**
   * The first mainline release with the name, if known; stable branches and distributions backport names.
   */
  readonly since?: string;
}
