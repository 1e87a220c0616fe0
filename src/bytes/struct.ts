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

/** One field: its offset, its size, and how its value is read and written. */
export interface Field<V> {
  readonly offset: number;
  readonly size: number;
  /** True if the bytes are in network order, on any host. */
  readonly bigEndian: boolean;
  readonly read: (view: DataView, base: number, littleEndian: boolean) => V;
  readonly write: (view: DataView, base: number, littleEndian: boolean, value: V) => void;
}

type Fields = Readonly<Record<string, Field<never> | Field<number> | Field<bigint> | Field<Uint8Array>>>;
type ValueOf<F> = F extends Field<infer V> ? V : never;
export type StructValue<F> = { -readonly [K in keyof F]: ValueOf<F[K]> };

export interface Struct<F> {
  readonly name: string;
  readonly size: number;
  readonly fields: F;
  /** Encodes a whole struct. A value out of range is a BuildError. */
  encode(values: Partial<StructValue<F>>): Uint8Array<ArrayBuffer>;
  /** Decodes the struct at `offset`. A DecodeError if there are too few bytes. */
  decode(bytes: Uint8Array, offset?: number): StructValue<F>;
}

/** Declares a struct. A field that ends after it is a BuildError at once. */
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

function integer(
  offset: number,
  size: number,
  bigEndian: boolean,
  min: number,
  max: number,
  read: Field<number>["read"],
  write: (view: DataView, at: number, value: number, littleEndian: boolean) => void,
): Field<number> {
  return {
    offset,
    size,
    bigEndian,
    read,
    write: (view, base, littleEndian, value) => {
      if (!Number.isInteger(value) || value < min || value > max)
        throw new RangeError(`${value} is not an integer from ${min} to ${max}`);
      write(view, base + offset, value, littleEndian && !bigEndian);
    },
  };
}

export const u8 = (offset: number): Field<number> =>
  integer(
    offset,
    1,
    false,
    0,
    0xff,
    (view, base) => view.getUint8(base + offset),
    (view, at, value) => view.setUint8(at, value),
  );

export const u16 = (offset: number): Field<number> =>
  integer(
    offset,
    2,
    false,
    0,
    0xffff,
    (view, base, le) => view.getUint16(base + offset, le),
    (view, at, value, le) => view.setUint16(at, value, le),
  );

export const be16 = (offset: number): Field<number> =>
  integer(
    offset,
    2,
    true,
    0,
    0xffff,
    (view, base) => view.getUint16(base + offset, false),
    (view, at, value) => view.setUint16(at, value, false),
  );

export const u32 = (offset: number): Field<number> =>
  integer(
    offset,
    4,
    false,
    0,
    0xffff_ffff,
    (view, base, le) => view.getUint32(base + offset, le),
    (view, at, value, le) => view.setUint32(at, value, le),
  );

export const be32 = (offset: number): Field<number> =>
  integer(
    offset,
    4,
    true,
    0,
    0xffff_ffff,
    (view, base) => view.getUint32(base + offset, false),
    (view, at, value) => view.setUint32(at, value, false),
  );

export const i16 = (offset: number): Field<number> =>
  integer(
    offset,
    2,
    false,
    -0x8000,
    0x7fff,
    (view, base, le) => view.getInt16(base + offset, le),
    (view, at, value, le) => view.setInt16(at, value, le),
  );

export const i32 = (offset: number): Field<number> =>
  integer(
    offset,
    4,
    false,
    -0x8000_0000,
    0x7fff_ffff,
    (view, base, le) => view.getInt32(base + offset, le),
    (view, at, value, le) => view.setInt32(at, value, le),
  );

/** A u64, always a bigint. */
export const u64 = (offset: number): Field<bigint> => ({
  offset,
  size: 8,
  bigEndian: false,
  read: (view, base, littleEndian) => view.getBigUint64(base + offset, littleEndian),
  write: (view, base, littleEndian, value) => {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn)
      throw new RangeError(`${value} is not an unsigned 64-bit value`);
    view.setBigUint64(base + offset, value, littleEndian);
  },
});

/** Bytes of a fixed length; a shorter value is padded with zeros. Reading copies. */
export const bytes = (offset: number, size: number): Field<Uint8Array> => ({
  offset,
  size,
  bigEndian: false,
  read: (view, base) => new Uint8Array(view.buffer, view.byteOffset + base + offset, size).slice(),
  write: (view, base, _littleEndian, value) => {
    if (value.byteLength > size) throw new RangeError(`${value.byteLength} bytes do not fit into ${size}`);
    new Uint8Array(view.buffer, view.byteOffset + base + offset, size).set(value);
  },
});
