/**
 * Fields of a C struct (struct.ts): each knows its offset, its size, and how its value is read and written.
 */

/** One field: its offset, its size, and how its value is read and written. */
export interface Field<V> {
  readonly offset: number;
  readonly size: number;
  /** True if the bytes are in network order, on any host. */
  readonly bigEndian: boolean;
  readonly read: (view: DataView, base: number, littleEndian: boolean) => V;
  readonly write: (view: DataView, base: number, littleEndian: boolean, value: V) => void;
}

/**
 * A field of bytes. It has a name so that declarations made from it compile in TypeScript 5.6, where
 * Uint8Array takes no argument.
 */
export interface BytesField extends Field<Uint8Array> {}

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

/**
 * An unsigned byte.
 *
 * @example
 * ```ts
 * import { struct, u8 } from "tcpdrop/ebpf";
 *
 * console.log(struct("hop", 1, { ttl: u8(0) }).decode(Uint8Array.of(64)));
 * // prints: { ttl: 64 }
 * ```
 */
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

/**
 * 16 bits in this machine's byte order.
 *
 * @example
 * ```ts
 * import { struct, u16 } from "tcpdrop/ebpf";
 *
 * const protocol = struct("protocol", 2, { number: u16(0) });
 * console.log(protocol.decode(protocol.encode({ number: 0x0800 })));
 * // prints: { number: 2048 }
 * ```
 */
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

/**
 * 16 bits in network byte order, on any machine.
 *
 * @example
 * ```ts
 * import { be16, struct } from "tcpdrop/ebpf";
 *
 * const ports = struct("ports", 4, { source: be16(0), destination: be16(2) });
 * console.log(ports.decode(Uint8Array.of(0, 80, 1, 187)));
 * // prints: { source: 80, destination: 443 }
 * ```
 */
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

/**
 * 32 bits in this machine's byte order.
 *
 * @example
 * ```ts
 * import { struct, u32 } from "tcpdrop/ebpf";
 *
 * const task = struct("task", 8, { pid: u32(0), tid: u32(4) });
 * console.log(task.decode(task.encode({ pid: 1, tid: 2 })));
 * // prints: { pid: 1, tid: 2 }
 * ```
 */
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

/**
 * 32 bits in network byte order, on any machine.
 *
 * @example
 * ```ts
 * import { be32, struct } from "tcpdrop/ebpf";
 *
 * console.log(struct("sequence", 4, { seq: be32(0) }).encode({ seq: 258 }));
 * // prints: Uint8Array(4) [ 0, 0, 1, 2 ]
 * ```
 */
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

/**
 * 16 bits with a sign, in this machine's byte order.
 *
 * @example
 * ```ts
 * import { i16, struct } from "tcpdrop/ebpf";
 *
 * console.log(struct("jump", 2, { offset: i16(0) }).encode({ offset: -1 }));
 * // prints: Uint8Array(2) [ 255, 255 ]
 * ```
 */
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

/**
 * 32 bits with a sign, in this machine's byte order.
 *
 * @example
 * ```ts
 * import { i32, struct } from "tcpdrop/ebpf";
 *
 * console.log(struct("result", 4, { errno: i32(0) }).decode(Uint8Array.of(255, 255, 255, 255)));
 * // prints: { errno: -1 }
 * ```
 */
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

/**
 * 64 bits in this machine's byte order, always a bigint.
 *
 * @example
 * ```ts
 * import { struct, u64 } from "tcpdrop/ebpf";
 *
 * const counter = struct("counter", 8, { bytes: u64(0) });
 * console.log(counter.decode(counter.encode({ bytes: 2n ** 53n + 1n })));
 * // prints: { bytes: 9007199254740993n }
 * ```
 */
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

/**
 * Bytes of a fixed length; a shorter value is padded with zeros. Reading copies.
 *
 * @example
 * ```ts
 * import { bytes, struct } from "tcpdrop/ebpf";
 *
 * const name = struct("name", 4, { text: bytes(0, 4) });
 * console.log(name.encode({ text: Buffer.from("lo") }));
 * // prints: Uint8Array(4) [ 108, 111, 0, 0 ]
 * ```
 */
export const bytes = (offset: number, size: number): BytesField => ({
  offset,
  size,
  bigEndian: false,
  read: (view, base) => new Uint8Array(view.buffer, view.byteOffset + base + offset, size).slice(),
  write: (view, base, _littleEndian, value) => {
    if (value.byteLength > size) throw new RangeError(`${value.byteLength} bytes do not fit into ${size}`);
    new Uint8Array(view.buffer, view.byteOffset + base + offset, size).set(value);
  },
});
