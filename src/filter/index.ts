/** Front door: what of a filter is asked in user space, and of what. */
export { dropSource } from "./drop-source.ts";
export { type FilterPlan, type KernelKnows, needsHeaders, planFilter, stageOf } from "./plan.ts";
export { compilePredicate } from "./predicate.ts";
export { type Accepts, acceptsRest, wordsAskedHere } from "./rest.ts";
export type { Source } from "./source.ts";
