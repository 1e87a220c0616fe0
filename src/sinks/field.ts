/** One field of an event in machine-readable output, and how the tables of fields.ts make them. */
import type { ReasonCount, SiteCount } from "../model/index.ts";
import type { Explanation } from "../reconcile/reconcile.ts";

interface FieldBase {
  /** The name in JSON: snake_case. */
  readonly name: string;
  /** One line of plain English. */
  readonly doc: string;
  /** True: left out where it is not known. Never null, 0 or "" instead. */
  readonly optional: boolean;
  /** True: the value is often that of the drop before, so that writers may keep its text. */
  readonly steady: boolean;
}

/** One field of an event of type `E`; `type` says what its value is, and so how it is written. */
export type Field<E> = FieldBase &
  (
    | {
        readonly type: "integer";
        readonly min: number;
        readonly max: number;
        readonly value: (event: E) => number | undefined;
      }
    | {
        readonly type: "text";
        readonly oneOf: readonly string[] | undefined;
        readonly value: (event: E) => string | undefined;
      }
    | { readonly type: "boolean"; readonly value: (event: E) => boolean | undefined }
    /** Nanoseconds since 1970, written as RFC 3339 in UTC with microseconds. */
    | { readonly type: "time"; readonly value: (event: E) => bigint }
    /** 64 bits, which a JSON number cannot hold: decimal digits in a string. */
    | { readonly type: "decimal"; readonly value: (event: E) => bigint | undefined }
    /** An array of words out of `oneOf`, none of which needs escaping. */
    | {
        readonly type: "words";
        readonly oneOf: readonly string[];
        readonly value: (event: E) => readonly string[] | undefined;
      }
    /** An array of texts that can hold anything. */
    | { readonly type: "texts"; readonly value: (event: E) => readonly string[] | undefined }
    | { readonly type: "reasons"; readonly value: (event: E) => readonly ReasonCount[] }
    | { readonly type: "places"; readonly value: (event: E) => readonly SiteCount[] }
    | { readonly type: "explanations"; readonly value: (event: E) => readonly Explanation[] }
    /** An object of counts by name. */
    | { readonly type: "counts"; readonly value: (event: E) => Readonly<Record<string, number>> | undefined }
  );

export const U16 = 0xffff;
export const U32 = 0xffff_ffff;
export const COUNT = Number.MAX_SAFE_INTEGER;

type Flag = "optional" | "steady";
export const flags = (wanted: readonly Flag[]): { optional: boolean; steady: boolean } => ({
  optional: wanted.includes("optional"),
  steady: wanted.includes("steady"),
});

export function integer<E>(
  name: string,
  range: number | readonly [number, number],
  doc: string,
  value: (event: E) => number | undefined,
  ...wanted: Flag[]
): Field<E> {
  const [min, max] = typeof range === "number" ? [0, range] : range;
  return { type: "integer", name, min, max, doc, value, ...flags(wanted) };
}
export function text<E>(
  name: string,
  doc: string,
  value: (event: E) => string | undefined,
  ...wanted: Flag[]
): Field<E> {
  return { type: "text", name, oneOf: undefined, doc, value, ...flags(wanted) };
}
export function word<E>(
  name: string,
  oneOf: readonly string[],
  doc: string,
  value: (event: E) => string | undefined,
  ...wanted: Flag[]
): Field<E> {
  return { type: "text", name, oneOf, doc, value, ...flags(wanted) };
}
export function time<E>(name: string, doc: string, value: (event: E) => bigint): Field<E> {
  return { type: "time", name, doc, value, ...flags([]) };
}
export function decimal<E>(
  name: string,
  doc: string,
  value: (event: E) => bigint | undefined,
  ...wanted: Flag[]
): Field<E> {
  return { type: "decimal", name, doc, value, ...flags(wanted) };
}
