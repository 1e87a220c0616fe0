/** One drop reason: what it means for the people who run the machine. */
import type { DropClass } from "../model/index.ts";

export interface ReasonRow {
  /** Without SKB_DROP_REASON_ or the subsystem's prefix, as events carry it. */
  readonly name: string;
  /**
   * As in enum skb_drop_reason_subsys: "CORE", "OPENVSWITCH", "MAC80211_UNUSABLE", "MAC80211_MONITOR",
   * "QDISC"; and "LISTEN" for causes of refused SYNs, which are this project's words.
   */
  readonly subsystem: string;
  readonly class: DropClass;
  /**
   * The kernel place that gives the reason and so justifies the class: file, function, and the release in
   * which it was read.
   */
  readonly place: string;
  /**
   * The counter that rises with it, as `nstat` prints it; absent where there is none, or where nstat does not
   * show it.
   */
  readonly counter?: string;
  /** What happened: one plain sentence. */
  readonly meaning: string;
  /**
   * What to look at or do next: one line of at most 100 characters. IFACE, SADDR, DADDR stand for the event's
   * own.
   */
  readonly advice: string;
  /**
   * The first mainline release with the name, where that is known; stable branches and distributions carry
   * names back.
   */
  readonly since?: string;
}
