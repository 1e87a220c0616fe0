import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader } from "./byte-reader.ts";
import { CheckedView } from "./checked-view.ts";

const BYTES = Uint8Array.from({ length: 24 }, (_unused, index) => 0xf0 - 7 * index).subarray(3);

test("CheckedView reads what ByteReader reads, at any offset", () => {
  const view = new CheckedView(BYTES);
  const reader = new ByteReader(BYTES, "bytes");
  for (let at = 0; at + 8 <= BYTES.length; at += 1) {
    for (const width of ["u8", "u16", "u32", "u64", "be16", "be32"] as const)
      assert.equal(view[width](at), reader[width](at), `${width} at ${at}`);
    assert.equal((BigInt(view.high(at)) << 32n) | BigInt(view.low(at)), reader.u64(at));
  }
});

test("CheckedView.halves gives what low and high give, wherever the bytes begin", () => {
  for (const skipped of [0, 1, 4]) {
    const view = new CheckedView(BYTES.slice().subarray(skipped));
    for (let at = 0; at + 16 <= BYTES.length - skipped; at += 1) {
      const into = new Uint32Array(6);
      view.halves(at, 2, into);
      assert.deepEqual([...into], [view.low(at), view.high(at), view.low(at + 8), view.high(at + 8), 0, 0]);
    }
    for (const at of [-8, 8, 12, 13])
      assert.throws(() => view.halves(at, 2, new Uint32Array(4)), RangeError, `${skipped} ${at}`);
  }
});

test("CheckedView makes nothing up where the bytes end", () => {
  const view = new CheckedView(BYTES);
  for (const width of ["u16", "u32", "u64", "low", "high", "be16", "be32"] as const)
    assert.throws(() => view[width](BYTES.length - 1), RangeError);
});
