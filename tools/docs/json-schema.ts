/** The JSON Schema (2020-12) of a line of the json sink, rendered from the field table. */
import type { Field } from "../../src/sinks/field.ts";
import {
  DROP_FIELDS,
  EXPLANATION_FIELDS,
  LOST_FIELDS,
  PLACE_FIELDS,
  REASON_COUNT_FIELDS,
  RECONCILE_FIELDS,
  REFUSED_FIELDS,
  SUMMARY_FIELDS,
  TOTALS_FIELDS,
} from "../../src/sinks/fields.ts";

type Schema = Readonly<Record<string, unknown>>;

/** The complete schema as plain data: one of six objects, distinguished by `type`. */
export function eventSchema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "One line of tcpdrop --format json, and of tcpdrop reconcile --format json",
    description:
      "An unknown field is absent. New fields may be added; names that begin with owner_ are reserved.",
    oneOf: [
      { $ref: "#/$defs/drop" },
      { $ref: "#/$defs/refused" },
      { $ref: "#/$defs/lost" },
      { $ref: "#/$defs/totals" },
      { $ref: "#/$defs/reconcile" },
      { $ref: "#/$defs/summary" },
    ],
    $defs: {
      drop: objectSchema("One dropped skb.", DROP_FIELDS),
      refused: objectSchema("SYNs that a listening socket refused.", REFUSED_FIELDS),
      lost: objectSchema("Drops that the ring buffer had no room for.", LOST_FIELDS),
      reconcile: objectSchema(
        "A counter of the kernel beside the drops that explain its rise.",
        RECONCILE_FIELDS,
      ),
      totals: objectSchema("What was dropped until now, by place.", TOTALS_FIELDS),
      place: objectSchema("What was dropped for a reason at a location.", PLACE_FIELDS),
      summary: objectSchema("The last line of a run.", SUMMARY_FIELDS),
      reason_count: objectSchema("How many drops had a reason.", REASON_COUNT_FIELDS),
      explanation: objectSchema(
        "How many drops of a reason explain the rise of a counter.",
        EXPLANATION_FIELDS,
      ),
    },
  };
}

function objectSchema<E>(description: string, fields: readonly Field<E>[]): Schema {
  return {
    type: "object",
    description,
    properties: Object.fromEntries(
      fields.map((field) => [field.name, { description: field.doc, ...valueSchema(field) }]),
    ),
    required: fields.filter((field) => !field.optional).map((field) => field.name),
  };
}

function valueSchema<E>(field: Field<E>): Schema {
  switch (field.type) {
    case "integer":
      return { type: "integer", minimum: field.min, maximum: field.max };
    case "text":
      return field.oneOf === undefined ? { type: "string" } : { type: "string", enum: field.oneOf };
    case "boolean":
      return { type: "boolean" };
    case "decimal":
      return { type: "string", pattern: "^(0|[1-9][0-9]{0,19})$" };
    case "time":
      return {
        type: "string",
        pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$",
      };
    case "words":
      return { type: "array", items: { type: "string", enum: field.oneOf } };
    case "texts":
      return { type: "array", items: { type: "string" } };
    case "reasons":
      return { type: "array", items: { $ref: "#/$defs/reason_count" } };
    case "places":
      return { type: "array", items: { $ref: "#/$defs/place" } };
    case "explanations":
      return { type: "array", items: { $ref: "#/$defs/explanation" } };
    case "counts":
      return { type: "object", additionalProperties: { type: "integer", minimum: 0 } };
  }
}
