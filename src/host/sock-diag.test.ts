import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DecodeError } from "../errors.ts";
import { decodeAnswer, encodeQuestion } from "./sock-diag.ts";

describe("encodeQuestion", () => {
  test("puts ports in network order, and our end as the source", () => {
    const bytes = encodeQuestion({
      local: Uint8Array.of(192, 0, 2, 2),
      localPort: 0x1f90,
      remote: Uint8Array.of(192, 0, 2, 1),
      remotePort: 0x1234,
      ifindex: 5,
    });
    assert.deepEqual(
      [...bytes.subarray(0, 2), ...bytes.subarray(8, 16)],
      [2, 6, 0x1f, 0x90, 0x12, 0x34, 192, 0, 2, 2],
    );
    assert.deepEqual([...bytes.subarray(28, 32)], [192, 0, 2, 1]);
    assert.equal(new Uint32Array(bytes.buffer.slice(44, 48))[0], 5);
  });
});

describe("decodeAnswer", () => {
  test("throws a DecodeError for what is too short, and nothing else for any bytes", () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
      return seed >> 8;
    };
    for (let round = 0; round < 5000; round += 1) {
      const payload = Uint8Array.from({ length: random() % 120 }, () => random() & 255);
      if (payload.length < 72) assert.throws(() => decodeAnswer(payload), DecodeError);
      else assert.equal(typeof decodeAnswer(payload).state, "number");
    }
  });

  test("reads the cgroup's id where it is whole", () => {
    const payload = new Uint8Array(72 + 12);
    payload[0] = 2;
    payload.set([12, 0, 21, 0, 0x64, 0, 0, 0, 0, 0, 0, 0], 72);
    assert.equal(decodeAnswer(payload).cgroupId, 100n);
    assert.equal(decodeAnswer(payload.subarray(0, 80)).cgroupId, undefined);
    assert.equal(decodeAnswer(payload).inode, undefined);
  });
});
