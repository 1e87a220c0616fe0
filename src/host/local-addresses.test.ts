import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DecodeError } from "../errors.ts";
import { addressIn, ifaddrmsg } from "./local-addresses.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const HOST = 254;

/** Attributes of at most 16 bytes, as the kernel puts them. */
function answer(
  family: number,
  attributes: readonly (readonly [type: number, value: number[]])[],
  scope = 0,
) {
  const parts = attributes.map(([type, value]) => {
    const bytes = new Uint8Array(4 + ((value.length + 3) & ~3));
    new Uint16Array(bytes.buffer).set([4 + value.length, type]);
    bytes.set(value, 4);
    return bytes;
  });
  return Uint8Array.from(Buffer.concat([ifaddrmsg.encode({ ifaFamily: family, ifaScope: scope }), ...parts]));
}

describe("addressIn", () => {
  const v4 = [192, 0, 2, 1];
  const v6 = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

  test("finds the own address, also of a point-to-point link", () => {
    const peer = [192, 0, 2, 99];
    for (const attributes of [
      [
        [1, peer],
        [2, v4],
      ],
      [
        [2, v4],
        [1, peer],
      ],
      [[2, v4]],
      [[1, v4]],
    ] as const)
      assert.deepEqual(
        addressIn(
          answer(
            AF_INET,
            attributes.map(([type, value]) => [type, [...value]] as const),
          ),
        ),
        [Uint8Array.from(v4)],
      );
    assert.deepEqual(addressIn(answer(AF_INET6, [[1, v6]])), [Uint8Array.from(v6)]);
  });

  test("leaves out what others have too, and what has no address", () => {
    assert.deepEqual(addressIn(answer(AF_INET, [[2, [127, 0, 0, 1]]], HOST)), []);
    assert.deepEqual(addressIn(answer(AF_INET, [])), []);
    assert.deepEqual(addressIn(answer(AF_INET6, [[1, v4]])), []);
  });

  test("throws a DecodeError for what is too short, and nothing else for any bytes", () => {
    let seed = 11;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
      return seed >> 8;
    };
    for (let round = 0; round < 5000; round += 1) {
      const payload = Uint8Array.from({ length: random() % 64 }, () => random() & 255);
      if (payload.length < ifaddrmsg.size) assert.throws(() => addressIn(payload), DecodeError);
      else assert(addressIn(payload).length <= 1);
    }
  });
});
