import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DecodeError } from "../errors.ts";
import { HOST_LITTLE_ENDIAN } from "./endian.ts";
import { u32Words, wordBytes } from "./words.ts";

describe("u32Words", () => {
  for (const littleEndian of [true, false]) {
    for (const shift of [0, 1, 2, 3, 4]) {
      test(`reads what wordBytes wrote, ${littleEndian ? "little" : "big"}-endian, ${shift} bytes into a Buffer`, () => {
        const bytes = Buffer.concat([
          Buffer.alloc(shift),
          wordBytes([0x0102_0304, 0xffff_fff0], littleEndian),
        ]);
        const before = Buffer.from(bytes);
        assert.deepEqual([...u32Words(bytes, shift, 8, littleEndian, "test")], [0x0102_0304, 0xffff_fff0]);
        assert.deepEqual(bytes, before, "the bytes are left as they are");
      });
    }
  }

  test("copies nothing where it need not", () => {
    const bytes = wordBytes([1, 2], HOST_LITTLE_ENDIAN);
    assert.equal(u32Words(bytes, 4, 4, HOST_LITTLE_ENDIAN, "test").buffer, bytes.buffer);
  });

  test("throws a DecodeError outside the bytes and for parts of words", () => {
    const bytes = new Uint8Array(8);
    for (const [offset, length] of [
      [0, 12],
      [4, 8],
      [-4, 4],
      [0, -4],
      [0, 6],
      [16, 0],
    ] as const) {
      assert.throws(() => u32Words(bytes, offset, length, true, "test"), DecodeError, `${offset} ${length}`);
    }
  });
});
