/** What is left of a filter when the kernel has sent a drop. */
import type { DropEvent } from "../event.ts";
import { dropSource } from "./drop-source.ts";
import type { FilterPlan } from "./plan.ts";
import { compilePredicate } from "./predicate.ts";

const ACCEPT_ALL = (): boolean => true;

/** `kernelFilters` false: the kernel took no program with the filter, and everything is asked here. */
export function restOfFilter(plan: FilterPlan | undefined, kernelFilters: boolean): (drop: DropEvent, told: number) => boolean {
  if (plan === undefined) return ACCEPT_ALL;
  const { text, root, rest, told } = plan;
  if (!kernelFilters) return compilePredicate(root, dropSource(), { text });
  return rest === undefined ? ACCEPT_ALL : compilePredicate(rest, dropSource(), { text, told });
}
