/**
 * Drops counted by reason and class. Nothing is made to count one that is known: it happens for every drop.
 */
import type { DropClass, ReasonCount } from "../event.ts";

/** Under what a drop is counted. */
export type ReasonKey = Omit<ReasonCount, "count">;
type Counter = ReasonKey & { count: number };

/** Counters that are found by the code alone; a power of two. */
const LATEST = 256;

export class ReasonCounts {
  readonly #latest = new Array<Counter | undefined>(LATEST).fill(undefined);
  /**
   * By class, and in it by code. A code has one name; where there is no code, the name is what the location
   * told.
   */
  readonly #classes = new Map<DropClass, Map<number | string | undefined, Counter>>();

  add(key: ReasonKey, count: number): void {
    this.of(key).count += count;
  }

  /** The one counter of all drops with this reason and class. */
  of(key: ReasonKey): Counter {
    const place = (key.reasonCode ?? 0) & (LATEST - 1);
    const latest = this.#latest[place];
    if (
      latest !== undefined &&
      latest.reasonCode === key.reasonCode &&
      latest.class === key.class &&
      latest.reason === key.reason
    )
      return latest;
    const counter = this.#find(key);
    this.#latest[place] = counter;
    return counter;
  }

  #find({ reason, reasonCode, reasonInferred, class: dropClass }: ReasonKey): Counter {
    let reasons = this.#classes.get(dropClass);
    if (reasons === undefined) {
      reasons = new Map();
      this.#classes.set(dropClass, reasons);
    }
    const key = reasonCode ?? reason;
    const known = reasons.get(key);
    if (known !== undefined) return known;
    const counter = { reason, reasonCode, reasonInferred, class: dropClass, count: 0 };
    reasons.set(key, counter);
    return counter;
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
