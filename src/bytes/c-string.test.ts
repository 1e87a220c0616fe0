import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cString } from "./c-string.ts";

describe("cString", () => {
  for (const [title, bytes, text] of [
    ["ends at the first NUL", Buffer.from("eth0\0eth1\0"), "eth0"],
    ["takes all bytes where there is none", Buffer.from("0123456789abcdef"), "0123456789abcdef"],
    ["is empty where the first is a NUL", Buffer.from("\0x"), ""],
    ["marks what is no UTF-8", Buffer.from([0x61, 0xff, 0x62, 0]), "a\ufffdb"],
  ] as const)
    test(title, () => assert.equal(cString(bytes), text));

  test("reads a part of a larger memory in place", () => {
    const memory = new Uint8Array([0x78, 0x61, 0x62, 0, 0x79]);
    assert.equal(cString(memory.subarray(1, 4)), "ab");
    assert.equal(cString(memory.subarray(1, 3)), "ab");
  });
});
