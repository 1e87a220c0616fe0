/**
 * What became of every record that was drained; with the kernel's counters it makes the identity of model/totals.ts.
 */

import type {
  CostStats,
  DropClass,
  DropEvent,
  ReasonName,
  RefusedTotal,
  SiteCount,
  SummaryNotice,
  Totals,
} from "../model/index.ts";
import type { KernelCounters, ReasonSlot } from "../probe/tracer.ts";
import { type Counted, ReasonCounts } from "./reason-counts.ts";

/** What the summary tells beside the numbers. */
export interface RunFacts {
  /** A reason by its code. */
  readonly reasonOf: (code: number) => ReasonName;
  readonly startedNs: bigint;
  readonly endedNs: bigint;
  readonly blindSpots: readonly string[];
  readonly bySite: readonly SiteCount[];
  readonly cost?: CostStats | undefined;
  readonly refusedSyns?: RefusedTotal | undefined;
  readonly filterRest?: string | undefined;
}

/** Reasons that share the last of the kernel program's counters. */
const OTHER = {
  reason: undefined,
  reasonCode: undefined,
  reasonSubsystem: undefined,
  reasonInferred: false,
  other: true,
} as const;

export class Tally {
  shown = 0;
  shownSegments = 0;
  unread = 0;
  undecodable = 0;
  #filtered = 0;
  #limited = 0;
  readonly #shownByReason = new ReasonCounts();
  readonly #hidden = { normal: 0, copy: 0 };
  readonly #hiddenByReason = new ReasonCounts();

  show(event: DropEvent): void {
    this.shown += 1;
    this.shownSegments += event.packet.gsoSegs;
    this.#shownByReason.ofDrop(event).count += 1;
  }

  /** A drop that the part of the filter does not accept which user space asks. */
  filter(): void {
    this.#filtered += 1;
  }

  /** A drop that the whole filter accepts, and that is not shown because fewer rows were asked for. */
  limit(): void {
    this.#limited += 1;
  }

  /** A drop that was shown to an output which then did not write it. */
  unshow(drop: Counted): void {
    this.shown -= 1;
    this.shownSegments -= drop.gsoSegs;
    this.unread += 1;
    this.#shownByReason.add(drop, -1);
  }

  /** Drops whose class only user space could tell. */
  hide(event: DropEvent): void {
    this.#hidden[event.class === "copy" ? "copy" : "normal"] += 1;
    this.#hiddenByReason.ofDrop(event).count += 1;
  }

  totals(kernel: KernelCounters, missed: number, refusedSyns?: RefusedTotal): Totals {
    return {
      seen: kernel.seen,
      shown: this.shown,
      shownSegments: this.shownSegments,
      hidden: {
        normal: kernel.hiddenNormal + this.#hidden.normal,
        copy: kernel.hiddenCopy + this.#hidden.copy,
      },
      filtered: kernel.filtered + this.#filtered,
      limited: kernel.limited + this.#limited,
      unread: this.unread,
      lost: kernel.lost,
      undecodable: kernel.notLinear + kernel.notHeader + this.undecodable,
      missed,
      refusedSyns,
    };
  }

  summary(kernel: KernelCounters, missed: number, facts: RunFacts): SummaryNotice {
    const hidden = this.#hiddenByReason.copy();
    const addHidden = (dropClass: DropClass, counts: ReadonlyMap<ReasonSlot, number>): void => {
      for (const [slot, count] of counts)
        hidden.add(
          slot === "other" ? { ...OTHER, class: dropClass } : { ...facts.reasonOf(slot), class: dropClass },
          count,
        );
    };
    addHidden("normal", kernel.hiddenNormalByReason);
    addHidden("copy", kernel.hiddenCopyByReason);
    return {
      kind: "summary",
      startedNs: facts.startedNs,
      endedNs: facts.endedNs,
      totals: this.totals(kernel, missed, facts.refusedSyns),
      shownByReason: this.#shownByReason.mostFirst(),
      hiddenByReason: hidden.mostFirst(),
      undecodableByKind: Object.fromEntries(
        Object.entries({
          header_not_linear: kernel.notLinear,
          header_not_set: kernel.notHeader,
          record: this.undecodable,
        }).filter(([, count]) => count > 0),
      ),
      blindSpots: facts.blindSpots,
      bySite: facts.bySite,
      cost: facts.cost,
      filterRest: facts.filterRest,
    };
  }
}

/** How far the identity is off: 0 in every run. */
export function imbalance(totals: Totals): number {
  const { seen, shown, hidden, filtered, limited, unread, lost, undecodable } = totals;
  return seen - (shown + hidden.normal + hidden.copy + filtered + limited + unread + lost + undecodable);
}
