/** What is left of a filter when the kernel has sent a drop, and what it says of SYNs that were refused. */

import { type FilterNode, printShort } from "../filter-language/index.ts";
import type { DropEvent, RefusedEvent, RefusedTotal } from "../model/index.ts";
import { dropSource } from "./drop-source.ts";
import type { FilterPlan } from "./plan.ts";
import { compilePredicate } from "./predicate.ts";
import { RefusedFilter } from "./refused.ts";

const ACCEPT_ALL = (): boolean => true;

export class RestOfFilter {
  /** `told` has what the kernel answered. */
  readonly accepts: (drop: DropEvent, told: number) => boolean;
  /** What is asked here, in the filter's own words, long lists cut; undefined where nothing is. */
  readonly rest: string | undefined;
  readonly #refused: RefusedFilter | undefined;

  /**
   * `kernelFilters` false: the kernel took no program with the filter, and everything is asked here. Without
   * a filter all is accepted.
   */
  constructor(plan: FilterPlan | undefined, kernelFilters: boolean) {
    this.accepts = plan === undefined ? ACCEPT_ALL : predicateOf(plan, kernelFilters);
    this.rest = plan === undefined ? undefined : wordsAskedHere(plan, kernelFilters);
    this.#refused = plan === undefined ? undefined : new RefusedFilter(plan.root);
  }

  /** Those that may be meant. */
  wanted(events: readonly RefusedEvent[]): readonly RefusedEvent[] {
    return this.#refused?.wanted(events) ?? events;
  }

  /** Of the SYNs that may have been meant; `all` without a filter, and where nobody watched. */
  refusedTotal(all: RefusedTotal | undefined): RefusedTotal | undefined {
    return all === undefined ? undefined : (this.#refused?.total ?? all);
  }

  /** Drops that nobody was told of, and that belong to what is traced all the same. */
  untold({
    lost,
    limited,
    filtered,
  }: {
    readonly lost: number;
    readonly limited: number;
    readonly filtered: number;
  }): number {
    return lost + limited + (this.#refused === undefined ? 0 : filtered);
  }
}

/** What user space asks of the drops that the kernel sends; undefined for nothing. */
function askedHere({ root, rest }: FilterPlan, kernelFilters: boolean): FilterNode | undefined {
  return kernelFilters ? rest : root;
}

/** The same in the filter's own words, long lists cut. */
export function wordsAskedHere(plan: FilterPlan, kernelFilters: boolean): string | undefined {
  const asked = askedHere(plan, kernelFilters);
  return asked === undefined ? undefined : printShort(asked);
}

function predicateOf(plan: FilterPlan, kernelFilters: boolean): (drop: DropEvent, told: number) => boolean {
  const { text, told } = plan;
  const asked = askedHere(plan, kernelFilters);
  return asked === undefined
    ? ACCEPT_ALL
    : compilePredicate(asked, dropSource(), kernelFilters ? { text, told } : { text });
}
