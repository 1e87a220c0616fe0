/**
 * Drops counted by reason and class, and by variant where that is wanted. Nothing is made to count one that is known: it happens for every drop.
 */
import type { DropClass, DropEvent, ReasonCount, ReasonName } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";

/** Under what a drop is counted. */
export interface ReasonKey extends ReasonName {
  readonly class: DropClass;
  readonly variant?: string | undefined;
  readonly advice?: string | undefined;
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
  readonly #byVariant: boolean;

  /** "reason" alone: what the kernel hides has no variant, and is added to what is hidden here. */
  constructor(by: "variant" | "reason" = "variant") {
    this.#byVariant = by === "variant";
  }

  add(key: ReasonKey, count: number): void {
    this.of(key).count += count;
  }

  /** The counter of all drops with the reason and class of this one. */
  ofDrop({ site, class: dropClass }: DropEvent): Counter {
    const latest = this.#latest.get(site);
    if (latest !== undefined && latest.class === dropClass) return latest;
    const of = this.#byVariant ? site : { ...site, variant: undefined, advice: undefined };
    const counter = this.of({ ...of, class: dropClass });
    this.#latest.set(site, counter);
    return counter;
  }

  of(of: ReasonKey): Counter {
    const {
      reason,
      reasonCode,
      reasonSubsystem,
      reasonInferred,
      class: dropClass,
      variant,
      advice,
      other,
    } = of;
    // A code has one name; where there is no code, the name is what the location showed.
    const key = `${dropClass} ${other ?? reasonCode ?? reason} ${variant}`;
    const known = this.#counters.get(key);
    if (known !== undefined) return known;
    const name = {
      ...{ reason, reasonCode, reasonSubsystem, reasonInferred, class: dropClass },
      ...(variant === undefined ? {} : { variant, advice }),
    };
    const counter = other === undefined ? { ...name, count: 0 } : { ...name, other, count: 0 };
    this.#counters.set(key, counter);
    return counter;
  }

  copy(): ReasonCounts {
    const copy = new ReasonCounts(this.#byVariant ? "variant" : "reason");
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
