/**
 * One field of what a trace gives out: its name, type and meaning, and how its value is read.
 *
 * JSON, its schema, the columns of the table, the words of filters and the docs are all made from such
 * tables.
 */

interface FieldBase {
  /** The name in JSON: snake_case. */
  readonly name: string;
  /** One line of plain English. */
  readonly doc: string;
}

/** What a value is, and so how it is written; `get` reads it, and gives undefined where it is not known. */
export type Typed<E> =
  | {
      readonly type: "integer";
      /** From the least to the greatest. */
      readonly range: readonly [number, number];
      readonly get: (of: E) => number | undefined;
    }
  /** A rate, at least 0: written with three digits behind the point at most. */
  | { readonly type: "number"; readonly get: (of: E) => number | undefined }
  /** Any text, or one of few words that need no escaping. */
  | {
      readonly type: "text";
      readonly oneOf?: readonly string[];
      readonly get: (of: E) => string | undefined;
    }
  /** An IP address as text. */
  | { readonly type: "address"; readonly get: (of: E) => string | undefined }
  | { readonly type: "boolean"; readonly get: (of: E) => boolean | undefined }
  /** Nanoseconds since 1970, written as RFC 3339 in UTC with microseconds. */
  | { readonly type: "time"; readonly get: (of: E) => bigint | undefined }
  /** 64 bits, which a JSON number cannot hold: decimal digits in a string. */
  | { readonly type: "decimal"; readonly get: (of: E) => bigint | undefined }
  /** A list of words out of `oneOf`, none of which needs escaping. */
  | {
      readonly type: "words";
      readonly oneOf: readonly string[];
      readonly get: (of: E) => readonly string[] | undefined;
    }
  /** A list of texts that can hold anything. */
  | { readonly type: "texts"; readonly get: (of: E) => readonly string[] | undefined }
  /** An object of counts by name. */
  | { readonly type: "counts"; readonly get: (of: E) => Readonly<Record<string, number>> | undefined }
  /** A list of objects with fields of their own. */
  | {
      readonly type: "objects";
      readonly of: ObjectType;
      readonly get: (of: E) => readonly object[] | undefined;
    };

/** A field of an object of type `E`. */
export type Field<E> = FieldBase &
  Typed<E> & {
    /** True: left out where it is not known. Never null, 0 or "" instead. */
    readonly optional?: boolean;
  };

/** What the objects of a list are. */
export interface ObjectType {
  /** In the schema and in the docs. */
  readonly name: string;
  readonly doc: string;
  readonly fields: readonly Field<never>[];
}

export const U16: readonly [number, number] = [0, 0xffff];
export const U32: readonly [number, number] = [0, 0xffff_ffff];
export const COUNT: readonly [number, number] = [0, Number.MAX_SAFE_INTEGER];
