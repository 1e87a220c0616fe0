/** Drops counted by reason and class. Nothing is made to count one that is known: it happens for every drop. */
import type { DropClass, ReasonCount } from "../event.ts";

/** Under what a drop is counted. */
export type ReasonKey = Omit<ReasonCount, "count">;
type Counter = ReasonKey & { count: number };

export class ReasonCounts {
  /** By class, and in it by code. A code has one name; where there is no code, the name is what the location told. */
  readonly #classes = new Map<DropClass, Map<number | string | undefined, Counter>>();

  add({ reason, reasonCode, reasonInferred, class: dropClass }: ReasonKey, count: number): void {
    let reasons = this.#classes.get(dropClass);
    if (reasons === undefined) {
      reasons = new Map();
      this.#classes.set(dropClass, reasons);
    }
    const key = reasonCode ?? reason;
    const known = reasons.get(key);
    if (known === undefined) reasons.set(key, { reason, reasonCode, reasonInferred, class: dropClass, count });
    else known.count += count;
  }

  copy(): ReasonCounts {
    const copy = new ReasonCounts();
    for (const counter of this.#counters()) copy.add(counter, counter.count);
    return copy;
  }

  mostFirst(): readonly ReasonCount[] {
    return this.#counters()
      .filter(({ count }) => count > 0)
      .map((counter) => ({ ...counter }))
      .sort((a, b) => b.count - a.count || (a.reasonCode ?? 0) - (b.reasonCode ?? 0));
  }

  #counters(): readonly Counter[] {
    return [...this.#classes.values()].flatMap((reasons) => [...reasons.values()]);
  }
}
