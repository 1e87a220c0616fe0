/** The JSON Schema (2020-12) of a line of the json sink, rendered from the field registry. */
import {
  FINDING_FIELDS,
  type Field,
  fieldsOf,
  LOST_FIELDS,
  type ObjectType,
  SUMMARY_FIELDS,
  TOTALS_FIELDS,
} from "../../src/model/fields/index.ts";
import { KIND_WORDS, KINDS } from "../../src/model/kinds.ts";
import { RECONCILE_FIELDS } from "../../src/sinks/reconcile-fields.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Lines by their type. */
const LINES: readonly (ObjectType & { readonly name: string })[] = [
  ...KINDS.map((kind) => ({ name: kind, doc: KIND_WORDS[kind].doc, fields: fieldsOf(kind) })),
  { name: "lost", doc: "Drops that the ring buffer had no room for.", fields: LOST_FIELDS },
  { name: "totals", doc: "Drops by site until then.", fields: TOTALS_FIELDS },
  {
    name: "reconcile",
    doc: "A counter of the kernel beside the drops that explain its rise.",
    fields: RECONCILE_FIELDS,
  },
  { name: "finding", doc: "One thing that is wrong, or worth knowing.", fields: FINDING_FIELDS },
  { name: "summary", doc: "The last line of a run.", fields: SUMMARY_FIELDS },
];

/** The complete schema as plain data: one of these objects, distinguished by `type`. */
export function eventSchema(): Schema {
  const listed = LINES.flatMap(({ fields }) => objectsIn(fields));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "One line of tcpdrop --format json, and of tcpdrop reconcile --format json",
    description:
      "An unknown field is absent. New fields may be added; names that begin with owner_ are reserved.",
    oneOf: LINES.map(({ name }) => ({ $ref: `#/$defs/${name}` })),
    $defs: Object.fromEntries([...LINES, ...listed].map((object) => [object.name, objectSchema(object)])),
  };
}

/** What is listed in fields. */
function objectsIn(fields: readonly Field<never>[]): readonly ObjectType[] {
  return fields.flatMap((field) =>
    field.type === "objects" ? [field.of, ...objectsIn(field.of.fields)] : [],
  );
}

function objectSchema({ doc, fields }: ObjectType): Schema {
  return {
    type: "object",
    description: doc,
    properties: Object.fromEntries(
      fields.map((field) => [field.name, { description: field.doc, ...valueSchema(field) }]),
    ),
    required: fields.filter((field) => field.optional !== true).map((field) => field.name),
  };
}

function valueSchema(field: Field<never>): Schema {
  switch (field.type) {
    case "integer":
      return { type: "integer", minimum: field.range[0], maximum: field.range[1] };
    case "number":
      return { type: "number", minimum: 0 };
    case "text":
      return field.oneOf === undefined ? { type: "string" } : { type: "string", enum: field.oneOf };
    case "address":
      return { type: "string" };
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
    case "objects":
      return { type: "array", items: { $ref: `#/$defs/${field.of.name}` } };
    case "counts":
      return { type: "object", additionalProperties: { type: "integer", minimum: 0 } };
  }
}
