/**
 * Drops counted by reason and class. Nothing is made to count one that is known: it happens for every drop.
 */
import type { DropClass, DropEvent, ReasonCount, ReasonName } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";

/** Under what a drop is counted. */
export interface ReasonKey extends ReasonName {
  readonly class: DropClass;
  /** All reasons that the kernel program has no counter of their own for. */
  readonly other?: true | undefined;
}
interface Counter extends ReasonKey {
  count: number;
}

export class ReasonCounts {
  readonly #counters = new Map<string, Counter>();
  /** The counter that the last drop of a site was counted by. */
  readonly #latest = new KeptFor<Counter>();

  add(key: ReasonKey, count: number): void {
    this.of(key).count += count;
  }

  /** The counter of all drops with the reason and class of this one. */
  ofDrop({ site, class: dropClass }: DropEvent): Counter {
    const latest = this.#latest.get(site);
    if (latest !== undefined && latest.class === dropClass) return latest;
    const counter = this.of({ ...site, class: dropClass });
    this.#latest.set(site, counter);
    return counter;
  }

  of({ reason, reasonCode, reasonSubsystem, reasonInferred, class: dropClass, other }: ReasonKey): Counter {
    // A code has one name; where there is no code, the name is what the location showed.
    const key = `${dropClass} ${other ?? reasonCode ?? reason}`;
    const known = this.#counters.get(key);
    if (known !== undefined) return known;
    const name = { reason, reasonCode, reasonSubsystem, reasonInferred, class: dropClass };
    const counter = other === undefined ? { ...name, count: 0 } : { ...name, other, count: 0 };
    this.#counters.set(key, counter);
    return counter;
  }

  copy(): ReasonCounts {
    const copy = new ReasonCounts();
    for (const counter of this.#counters.values()) copy.add(counter, counter.count);
    return copy;
  }

  mostFirst(): readonly ReasonCount[] {
    return [...this.#counters.values()]
      .filter(({ count }) => count > 0)
      .map((counter) => ({ ...counter }))
      .sort((a, b) => b.count - a.count || (a.reasonCode ?? 0) - (b.reasonCode ?? 0));
  }
}
