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

/** What a kind is called. */
export interface KindWords {
  /** One line of JSON of it, a sentence. */
  readonly doc: string;
  /** Several of it, in messages. */
  readonly plural: string;
  /** Its sum, in `outputs` of the summary. */
  readonly field: string;
}

export const KIND_WORDS: Readonly<Record<Kind, KindWords>> = {
  drop: { doc: "One dropped skb.", plural: "drops", field: "drops" },
  refused: {
    doc: "SYNs that a listening socket refused.",
    plural: "refused SYNs",
    field: "refused_syns",
  },
};

/** Something for each kind. */
export function byKind<T>(make: (kind: Kind) => T): Record<Kind, T> {
  return Object.fromEntries(KINDS.map((kind) => [kind, make(kind)])) as Record<Kind, T>;
}
