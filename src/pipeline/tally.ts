/** What became of every record that was drained; with the kernel's counters it makes the identity of event.ts. */

import type { Enricher } from "../enrich/enricher.ts";
import type { DropEvent, ReasonCount, SummaryEvent, Totals } from "../event.ts";
import type { KernelCounters } from "../probe/tracer.ts";

export class Tally {
  shown = 0;
  shownSegments = 0;
  unread = 0;
  undecodable = 0;
  readonly #shownByReason = new Map<string, { count: number; event: DropEvent }>();
  readonly #hidden = { normal: 0, copy: 0 };
  readonly #hiddenByReason = new Map<number, number>();

  show(event: DropEvent): void {
    this.shown += 1;
    this.shownSegments += event.gsoSegs;
    const key = `${event.reasonCode} ${event.class}`;
    const known = this.#shownByReason.get(key);
    if (known === undefined) this.#shownByReason.set(key, { count: 1, event });
    else known.count += 1;
  }

  /** Drops whose class only user space could tell. */
  hide(event: DropEvent): void {
    this.#hidden[event.class === "copy" ? "copy" : "normal"] += 1;
    this.#hiddenByReason.set(event.reasonCode, (this.#hiddenByReason.get(event.reasonCode) ?? 0) + 1);
  }

  totals(kernel: KernelCounters, missed: number): Totals {
    return {
      seen: kernel.seen,
      shown: this.shown,
      shownSegments: this.shownSegments,
      hidden: { normal: kernel.hiddenNormal + this.#hidden.normal, copy: kernel.hiddenCopy + this.#hidden.copy },
      filtered: kernel.filtered,
      limited: 0,
      unread: this.unread,
      lost: kernel.lost,
      undecodable: kernel.notLinear + kernel.notHeader + this.undecodable,
      missed,
    };
  }

  summary(kernel: KernelCounters, missed: number, enricher: Enricher, startedNs: bigint, endedNs: bigint): SummaryEvent {
    const hidden = new Map(this.#hiddenByReason);
    for (const [code, count] of kernel.hiddenByReason) hidden.set(code, (hidden.get(code) ?? 0) + count);
    return {
      type: "summary",
      startedNs,
      endedNs,
      totals: this.totals(kernel, missed),
      shownByReason: mostFirst(
        [...this.#shownByReason.values()].map(({ count, event }) => ({ reason: event.reason, reasonCode: event.reasonCode, class: event.class, count })),
      ),
      hiddenByReason: mostFirst(
        [...hidden].map(([reasonCode, count]) => {
          const { name, class: dropClass } = enricher.meaning(reasonCode);
          return { reason: name, reasonCode, class: dropClass === "normal" ? dropClass : "copy", count };
        }),
      ),
      undecodableByKind: Object.fromEntries(
        Object.entries({ header_not_linear: kernel.notLinear, header_not_set: kernel.notHeader, record: this.undecodable }).filter(([, count]) => count > 0),
      ),
    };
  }
}

function mostFirst(counts: ReasonCount[]): readonly ReasonCount[] {
  return counts.sort((a, b) => b.count - a.count || a.reasonCode - b.reasonCode);
}

/** How far the identity is off: 0 in every run. */
export function imbalance(totals: Totals): number {
  const { seen, shown, hidden, filtered, limited, unread, lost, undecodable } = totals;
  return seen - (shown + hidden.normal + hidden.copy + filtered + limited + unread + lost + undecodable);
}
