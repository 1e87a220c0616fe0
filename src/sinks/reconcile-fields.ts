/** Fields of the lines of `tcpdrop reconcile`. */
import { COUNT, count, type Field, type ObjectType, typeField, U32 } from "../model/fields/index.ts";
import type { Explanation, ReconcileRow } from "../reconcile/reconcile.ts";

/**
 * A row of `tcpdrop reconcile`, with the namespace that it is about; without a counter: the drops that none
 * counts.
 */
export interface ReconcileLine extends Omit<ReconcileRow, "counter" | "uncertain"> {
  readonly netns: number;
  readonly counter: string | undefined;
  /** Undefined without a counter. */
  readonly uncertain: number | undefined;
}

/** One element of `explained_by`. */
export const EXPLANATION_FIELDS: readonly Field<Explanation>[] = [
  {
    name: "source",
    type: "text",
    oneOf: ["kfree_skb", "listener"],
    doc: "What saw the drops.",
    get: (e) => e.source,
  },
  { name: "reason", type: "text", doc: "Name of the reason.", optional: true, get: (e) => e.reason },
  count("count", "How many drops (or segments).", (e) => e.count),
  count(
    "of",
    "How many there were: more than `count` where such drops may raise the counter or not.",
    (e) => e.of,
  ),
];

const EXPLANATION: ObjectType = {
  name: "explanation",
  doc: "How many drops of a reason explain the rise of a counter.",
  fields: EXPLANATION_FIELDS,
};

export const RECONCILE_FIELDS: readonly Field<ReconcileLine>[] = [
  typeField("reconcile"),
  {
    name: "netns",
    type: "integer",
    range: U32,
    doc: "Inode number of the network namespace.",
    get: (e) => e.netns,
  },
  {
    name: "counter",
    type: "text",
    doc:
      "The counter, as `nstat` prints it, or several joined by ` + `; absent for the drops that no " +
      "counter counts.",
    optional: true,
    get: (e) => e.counter,
  },
  count("rise", "How much the counter rose; absent where it fell.", (e) => e.rise, true),
  {
    name: "unit",
    type: "text",
    oneOf: ["skbs", "segments"],
    doc: "What is counted: skbs, or the wire segments that they stand for.",
    get: (e) => e.unit,
  },
  count("explained", "How much of it is explained by drops.", (e) => e.explained),
  {
    name: "explained_by",
    type: "objects",
    of: EXPLANATION,
    doc: "Those drops by reason, most first.",
    get: (e) => e.explainedBy,
  },
  {
    name: "difference",
    type: "integer",
    range: [-COUNT[1], COUNT[1]],
    doc: "`rise` less `explained`; negative where more was dropped than the kernel counted.",
    optional: true,
    get: (e) => e.difference,
  },
  count(
    "uncertain",
    "Drops just at a reading that may be in the rise or not: a difference of up to so many is explained.",
    (e) => e.uncertain,
    true,
  ),
  {
    name: "why",
    type: "text",
    doc: "What may explain the difference; absent where it is explained.",
    optional: true,
    get: (e) => e.why,
  },
];
