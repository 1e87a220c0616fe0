/**
 * C structs as data: a name, a size, and fields at explicit offsets. The TypeScript type of the values is
 * inferred from the fields.
 *
 *     const ringbufHeader = struct("bpf_ringbuf_hdr", 8, { len: u32(0), pgOff: u32(4) });
 *     ringbufHeader.encode({ len: 16 });   // fields left out are 0
 *     ringbufHeader.decode(bytes).pgOff;
 */
import { BuildError, DecodeError } from "../errors.ts";
import { HOST_LITTLE_ENDIAN } from "./endian.ts";
import type { BytesField, Field } from "./fields.ts";

export * from "./fields.ts";

export type Fields = Readonly<Record<string, Field<never> | Field<number> | Field<bigint> | BytesField>>;
/** What a struct holds, by the names of its fields. */
export type StructValue<F> = { -readonly [K in keyof F]: F[K] extends Field<infer V> ? V : never };

export interface Struct<F> {
  readonly name: string;
  readonly size: number;
  readonly fields: F;
  /** Encodes a whole struct. A value out of range is a BuildError. */
  encode(values: Partial<StructValue<F>>): Uint8Array;
  /** Decodes the struct at `offset`. A DecodeError if there are too few bytes. */
  decode(bytes: Uint8Array, offset?: number): StructValue<F>;
}

/**
 * Declares a struct. A field that ends after it is a BuildError at once.
 *
 * @example
 * ```ts
 * import { be16, struct, u8 } from "tcpdrop/ebpf";
 *
 * const header = struct("header", 4, { version: u8(0), port: be16(2) });
 * const bytes = header.encode({ version: 4, port: 443 });
 * console.log(bytes);
 * console.log(header.decode(bytes).port);
 * // prints: Uint8Array(4) [ 4, 0, 1, 187 ]
 * // prints: 443
 * ```
 */
export function struct<const F extends Fields>(name: string, size: number, fields: F): Struct<F> {
  const entries = Object.entries(fields) as [keyof F & string, Field<unknown>][];
  for (const [fieldName, field] of entries) {
    if (field.offset + field.size > size)
      throw new BuildError(
        `${name}.${fieldName} ends at ${field.offset + field.size}, after the struct's ${size} bytes`,
      );
  }
  return {
    name,
    size,
    fields,
    encode(values) {
      const bytes = new Uint8Array(size);
      const view = new DataView(bytes.buffer);
      for (const [fieldName, field] of entries) {
        const value = values[fieldName];
        if (value === undefined) continue;
        try {
          field.write(view, 0, HOST_LITTLE_ENDIAN, value);
        } catch (cause) {
          throw new BuildError(`${name}.${fieldName} cannot hold ${String(value)}`, { cause });
        }
      }
      return bytes;
    },
    decode(bytes, offset = 0) {
      if (offset < 0 || offset + size > bytes.byteLength)
        throw new DecodeError(
          name,
          offset,
          `${size} bytes needed, ${Math.max(0, bytes.byteLength - offset)} left`,
        );
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const values: Partial<Record<keyof F & string, unknown>> = {};
      for (const [fieldName, field] of entries)
        values[fieldName] = field.read(view, offset, HOST_LITTLE_ENDIAN);
      return values as StructValue<F>;
    },
  };
}
