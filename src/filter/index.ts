/** Front door: what of a filter is asked in user space, and of what. */
export { NO, YES } from "./answer.ts";
export { dropSource } from "./drop-source.ts";
export { ownerTest } from "./owner-test.ts";
export { type FilterPlan, planFilter } from "./plan.ts";
export { compilePredicate } from "./predicate.ts";
export { acceptsRest, asksOwner, wordsAskedHere } from "./rest.ts";
export type { Test } from "./source.ts";
