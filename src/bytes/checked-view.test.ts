import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader } from "./byte-reader.ts";
import { CheckedView } from "./checked-view.ts";

const BYTES = Uint8Array.from({ length: 24 }, (_unused, index) => 0xf0 - 7 * index).subarray(3);

test("CheckedView reads what ByteReader reads, at any place", () => {
  const view = new CheckedView(BYTES);
  const reader = new ByteReader(BYTES, "bytes");
  for (let at = 0; at + 8 <= BYTES.length; at += 1) {
    for (const width of ["u8", "u16", "u32", "u64", "be16", "be32"] as const) assert.equal(view[width](at), reader[width](at), `${width} at ${at}`);
    assert.equal((BigInt(view.high(at)) << 32n) | BigInt(view.low(at)), reader.u64(at));
  }
});

test("CheckedView makes nothing up where the bytes end", () => {
  const view = new CheckedView(BYTES);
  for (const width of ["u16", "u32", "u64", "low", "high", "be16", "be32"] as const) assert.throws(() => view[width](BYTES.length - 1), RangeError);
});
