/** What of a filter is evaluated in user space, of drops that the kernel sent and of refused SYNs. */
import { type FilterNode, printShort } from "../filter-language/index.ts";
import type { Event } from "../model/index.ts";
import { dropSource } from "./drop-source.ts";
import type { FilterPlan } from "./plan.ts";
import { compilePredicate } from "./predicate.ts";
import { refusedSource } from "./refused-source.ts";

export type Accepts = (event: Event) => boolean;

/**
 * `kernelFilters` false: the kernel took no program with the filter, and everything is evaluated here. What
 * may be meant is accepted of refused SYNs.
 */
export function acceptsRest(plan: FilterPlan, kernelFilters: boolean): Accepts {
  const { text, told, root } = plan;
  const rest = evaluatedHere(plan, kernelFilters);
  const drop =
    rest === undefined
      ? () => true
      : compilePredicate(rest, dropSource(), kernelFilters ? { text, told } : { text });
  const refused = compilePredicate(root, refusedSource, { text });
  return (event) => (event.kind === "drop" ? drop(event, event.detail.filterBits) : refused(event));
}

/** What user space evaluates of the drops that the kernel sends; undefined for nothing. */
function evaluatedHere({ root, rest }: FilterPlan, kernelFilters: boolean): FilterNode | undefined {
  return kernelFilters ? rest : root;
}

/** The same in the filter's own words, long lists cut. */
export function wordsAskedHere(plan: FilterPlan, kernelFilters: boolean): string | undefined {
  const rest = evaluatedHere(plan, kernelFilters);
  return rest === undefined ? undefined : printShort(rest);
}
