/** What became of every record that was drained; with the kernel's counters it makes the identity of event.ts. */

import type { Enricher } from "../enrich/enricher.ts";
import type { DropEvent, ReasonCount, RefusedTotal, SummaryEvent, Totals } from "../event.ts";
import type { KernelCounters } from "../probe/tracer.ts";

type HiddenClass = "normal" | "copy";

export class Tally {
  shown = 0;
  shownSegments = 0;
  unread = 0;
  undecodable = 0;
  readonly #shownByReason = new Map<string, { count: number; event: DropEvent }>();
  readonly #hidden = { normal: 0, copy: 0 };
  readonly #hiddenByReason = new Map<HiddenClass, Map<number, number>>([
    ["normal", new Map()],
    ["copy", new Map()],
  ]);

  show(event: DropEvent): void {
    this.shown += 1;
    this.shownSegments += event.gsoSegs;
    const key = `${event.reasonCode} ${event.class}`;
    const known = this.#shownByReason.get(key);
    if (known === undefined) this.#shownByReason.set(key, { count: 1, event });
    else known.count += 1;
  }

  /** A drop that was shown to an output which then did not write it. */
  unshow(event: DropEvent): void {
    this.shown -= 1;
    this.shownSegments -= event.gsoSegs;
    this.unread += 1;
    const key = `${event.reasonCode} ${event.class}`;
    const known = this.#shownByReason.get(key);
    if (known === undefined) return;
    known.count -= 1;
    if (known.count === 0) this.#shownByReason.delete(key);
  }

  /** Drops whose class only user space could tell. */
  hide(event: DropEvent): void {
    const dropClass: HiddenClass = event.class === "copy" ? "copy" : "normal";
    this.#hidden[dropClass] += 1;
    addTo(this.#hiddenByReason.get(dropClass), event.reasonCode, 1);
  }

  totals(kernel: KernelCounters, missed: number, refusedSyns?: RefusedTotal): Totals {
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
      refusedSyns,
    };
  }

  summary(kernel: KernelCounters, missed: number, enricher: Enricher, startedNs: bigint, endedNs: bigint, refusedSyns?: RefusedTotal): SummaryEvent {
    const hidden = new Map([...this.#hiddenByReason].map(([dropClass, counts]) => [dropClass, new Map(counts)]));
    for (const [code, count] of kernel.hiddenNormalByReason) addTo(hidden.get("normal"), code, count);
    for (const [code, count] of kernel.hiddenCopyByReason) addTo(hidden.get("copy"), code, count);
    return {
      type: "summary",
      startedNs,
      endedNs,
      totals: this.totals(kernel, missed, refusedSyns),
      shownByReason: mostFirst(
        [...this.#shownByReason.values()].map(({ count, event }) => ({ reason: event.reason, reasonCode: event.reasonCode, class: event.class, count })),
      ),
      hiddenByReason: mostFirst(
        [...hidden].flatMap(([dropClass, counts]) =>
          [...counts].map(([reasonCode, count]) => ({ reason: enricher.meaning(reasonCode).name, reasonCode, class: dropClass, count })),
        ),
      ),
      undecodableByKind: Object.fromEntries(
        Object.entries({ header_not_linear: kernel.notLinear, header_not_set: kernel.notHeader, record: this.undecodable }).filter(([, count]) => count > 0),
      ),
    };
  }
}

function addTo(counts: Map<number, number> | undefined, code: number, count: number): void {
  counts?.set(code, (counts.get(code) ?? 0) + count);
}

function mostFirst(counts: ReasonCount[]): readonly ReasonCount[] {
  return counts.sort((a, b) => b.count - a.count || a.reasonCode - b.reasonCode);
}

/** How far the identity is off: 0 in every run. */
export function imbalance(totals: Totals): number {
  const { seen, shown, hidden, filtered, limited, unread, lost, undecodable } = totals;
  return seen - (shown + hidden.normal + hidden.copy + filtered + limited + unread + lost + undecodable);
}
