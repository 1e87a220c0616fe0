import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { DecodeError } from "../errors.ts";
import { ByteReader } from "./byte-reader.ts";

/** How many bytes each read takes. */
const READS = { u8: 1, u16: 2, be16: 2, u32: 4, be32: 4, i32: 4, u64: 8, u64AsNumber: 8 } as const;
type Read = keyof typeof READS;
const NAMES = Object.keys(READS) as Read[];

/** What a read must give, from the bytes alone. */
function expected(read: Read, bytes: Uint8Array, littleEndian: boolean): number | bigint {
  const ordered = littleEndian && !read.startsWith("be") ? [...bytes].reverse() : [...bytes];
  const value = BigInt(`0x${Buffer.from(ordered).toString("hex")}`);
  if (read === "u64") return value;
  return read === "i32" ? Number(BigInt.asIntN(32, value)) : Number(value);
}

describe("ByteReader", () => {
  test("reads what the bytes say, in either byte order, inside a larger buffer", () => {
    const property = fc.property(
      fc.constantFrom(...NAMES),
      fc.uint8Array({ minLength: 8, maxLength: 24 }),
      fc.nat({ max: 16 }),
      fc.boolean(),
      (read, memory, start, littleEndian) => {
        const view = memory.subarray(2);
        const size = READS[read];
        fc.pre(start + size <= view.length);
        assert.equal(
          new ByteReader(view, "test", littleEndian)[read](start),
          expected(read, view.subarray(start, start + size), littleEndian),
        );
      },
    );
    fc.assert(property, { numRuns: 1000 });
  });

  test("throws a DecodeError, and only that, for any read outside the bytes", () => {
    const offset = fc.oneof(
      fc.integer({ min: -20, max: 20 }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 32, 2 ** 53),
    );
    const property = fc.property(
      fc.constantFrom(...NAMES),
      fc.nat({ max: 12 }),
      offset,
      (read, length, at) => {
        const reader = new ByteReader(new Uint8Array(length), "test");
        if (at >= 0 && at + READS[read] <= length) assert.equal(BigInt(reader[read](at)), 0n);
        else assert.throws(() => reader[read](at), DecodeError);
      },
    );
    fc.assert(property, { numRuns: 1000 });
  });

  test("says what was wanted and what was there", () => {
    const reader = new ByteReader(new Uint8Array(6), "some_header");
    assert.throws(() => reader.u32(4), {
      name: "DecodeError",
      struct: "some_header",
      offset: 4,
      message: "Cannot decode some_header at byte 4: 4 bytes needed, 2 left",
    });
  });

  test("u64AsNumber is exact up to 2^53", () => {
    const bytes = new Uint8Array(BigUint64Array.of(2n ** 53n - 1n, 2n ** 32n + 1n).buffer);
    const reader = new ByteReader(bytes, "test");
    assert.equal(reader.u64AsNumber(0), Number.MAX_SAFE_INTEGER);
    assert.equal(reader.u64AsNumber(8), 2 ** 32 + 1);
  });

  test("slice is a view, and bounded: a negative length too", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const reader = new ByteReader(bytes, "test");
    const slice = reader.slice(1, 2);
    bytes[1] = 9;
    assert.deepEqual([...slice], [9, 3]);
    assert.deepEqual([...reader.slice(4, 0)], []);
    for (const [offset, length] of [
      [3, 2],
      [1, -1],
      [-1, 1],
    ] as const)
      assert.throws(() => reader.slice(offset, length), DecodeError);
  });
});
