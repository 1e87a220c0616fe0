/**
 * Kinds of events. A kind has a type in event.ts, and says in fields/ which fields it has.
 *
 * @example
 * ```ts
 * import { KINDS } from "tcpdrop";
 *
 * console.log(KINDS.join(" "));
 * // prints: drop refused
 * ```
 */
export const KINDS = ["drop", "refused"] as const;
export type Kind = (typeof KINDS)[number];
