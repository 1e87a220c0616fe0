/** What of a filter is evaluated in user space, of drops that the kernel sent and of all other events. */
import { type FilterNode, printShort, someLeaf } from "../filter-language/index.ts";
import type { Event } from "../model/index.ts";
import { byKind } from "../model/kinds.ts";
import { sourceOf } from "./kind-sources.ts";
import type { FilterPlan } from "./plan.ts";
import { compilePredicate } from "./predicate.ts";

export type Accepts = (event: Event) => boolean;

/**
 * `kernelFilters` false: the kernel took no program with the filter, and everything is evaluated here. Of
 * all but drops, what may be meant is accepted.
 */
export function acceptsRest(plan: FilterPlan, kernelFilters: boolean): Accepts {
  const { text, told, root } = plan;
  const rest = evaluatedHere(plan, kernelFilters);
  const predicates = byKind((kind) => {
    if (kind !== "drop") return compilePredicate(root, sourceOf(kind), { text });
    if (rest === undefined) return () => true;
    return compilePredicate(rest, sourceOf(kind), kernelFilters ? { text, told } : { text });
  });
  return (event) => predicates[event.kind](event, event.kind === "drop" ? event.detail.filterBits : 0);
}

/** The answer may differ once the owner is known. */
export function asksOwner({ root }: FilterPlan): boolean {
  return someLeaf(root, ({ kind }) => kind === "owner");
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
