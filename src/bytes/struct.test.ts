import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { BuildError, DecodeError } from "../errors.ts";
import { HOST_LITTLE_ENDIAN, be16 as hostBe16, swap16 } from "./endian.ts";
import { be16, be32, bytes, i16, i32, struct, u8, u16, u32, u64 } from "./struct.ts";

/** Every kind of field, with gaps between some of them. */
const mixed = struct("mixed", 40, {
  one: u8(0),
  two: u16(2),
  signedTwo: i16(4),
  netTwo: be16(6),
  four: u32(8),
  signedFour: i32(12),
  netFour: be32(16),
  eight: u64(24),
  name: bytes(32, 5),
});

const values = {
  one: 0x11,
  two: 0x2233,
  signedTwo: -2,
  netTwo: 0x0102,
  four: 0x4455_6677,
  signedFour: -0x8000_0000,
  netFour: 0x0a0b_0c0d,
  eight: 0x8899_aabb_ccdd_eeffn,
  name: Uint8Array.of(1, 2, 3, 4, 5),
};

/** `values` on a little-endian host, by hand. */
const KNOWN =
  "1100 3322 feff 0102 77665544 00000080 0a0b0c0d 00000000 ffeeddccbbaa9988 0102030405 000000".replaceAll(
    " ",
    "",
  );

describe("struct", () => {
  test("encodes to known bytes; network fields are big-endian everywhere", {
    skip: HOST_LITTLE_ENDIAN ? false : "the bytes are those of a little-endian host",
  }, () => {
    assert.equal(Buffer.from(mixed.encode(values)).toString("hex"), KNOWN);
  });

  test("decodes what it encoded, at any offset of a view into a larger buffer", () => {
    const arbitrary = fc.record({
      one: fc.integer({ min: 0, max: 0xff }),
      two: fc.integer({ min: 0, max: 0xffff }),
      signedTwo: fc.integer({ min: -0x8000, max: 0x7fff }),
      netTwo: fc.integer({ min: 0, max: 0xffff }),
      four: fc.integer({ min: 0, max: 0xffff_ffff }),
      signedFour: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
      netFour: fc.integer({ min: 0, max: 0xffff_ffff }),
      eight: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
      name: fc.uint8Array({ minLength: 5, maxLength: 5 }).map((run) => Uint8Array.from(run)),
    });
    fc.assert(
      fc.property(arbitrary, fc.nat({ max: 9 }), fc.nat({ max: 9 }), (wanted, shift, offset) => {
        const memory = new Uint8Array(80).fill(0xee);
        const view = memory.subarray(shift);
        view.set(mixed.encode(wanted), offset);
        assert.deepEqual(mixed.decode(view, offset), { ...wanted });
      }),
    );
  });

  test("leaves fields that are not given, and gaps, at 0", () => {
    assert.deepEqual(mixed.encode({}), new Uint8Array(40));
    assert.deepEqual([...mixed.encode({ name: Uint8Array.of(9) })].slice(32, 37), [9, 0, 0, 0, 0]);
  });

  const TOO_MUCH = [
    ["one", 0x100],
    ["one", -1],
    ["one", 1.5],
    ["one", Number.NaN],
    ["two", 0x1_0000],
    ["signedTwo", 0x8000],
    ["signedTwo", -0x8001],
    ["netTwo", -1],
    ["four", 0x1_0000_0000],
    ["signedFour", 0x8000_0000],
    ["netFour", 0x1_0000_0000],
    ["eight", -1n],
    ["eight", 0x1_0000_0000_0000_0000n],
    ["name", new Uint8Array(6)],
  ] as const;
  for (const [field, value] of TOO_MUCH) {
    test(`${field} refuses ${typeof value === "object" ? `${value.byteLength} bytes` : value} with a BuildError that names the field`, () => {
      assert.throws(
        () => mixed.encode({ [field]: value }),
        (error) => error instanceof BuildError && error.message.startsWith(`mixed.${field} cannot hold`),
      );
    });
  }

  test("refuses to decode outside the bytes", () => {
    for (const [length, offset] of [
      [39, 0],
      [40, 1],
      [40, -1],
      [0, 0],
      [80, 41],
    ] as const) {
      assert.throws(
        () => mixed.decode(new Uint8Array(length), offset),
        DecodeError,
        `${offset} of ${length}`,
      );
    }
  });

  test("refuses a field that leaves the struct when it is declared", () => {
    assert.throws(
      () => struct("small", 4, { wide: u64(0) }),
      new BuildError("small.wide ends at 8, after the struct's 4 bytes"),
    );
  });

  test("copies bytes out: what is decoded stays when the memory changes", () => {
    const memory = mixed.encode(values);
    const { name } = mixed.decode(memory);
    memory.fill(0);
    assert.deepEqual(name, values.name);
  });
});

describe("endian", () => {
  test("swap16 is its own inverse and be16 has the bytes of network order", () => {
    assert.equal(swap16(0x1234), 0x3412);
    for (const value of [0, 1, 0x0800, 0x86dd, 0xffff]) {
      assert.equal(swap16(swap16(value)), value);
      assert.deepEqual(
        [...new Uint8Array(Uint16Array.of(hostBe16(value)).buffer)],
        [value >> 8, value & 0xff],
      );
    }
  });
});
