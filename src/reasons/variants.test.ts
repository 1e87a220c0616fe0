import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DROP_CLASSES } from "../model/index.ts";
import { REASONS, reasonRow, VARIANTS, variantOfReason } from "./index.ts";

const UNKNOWN = reasonRow("NEW_IN_9_9").kernelSource;

describe("VARIANTS", () => {
  for (const row of VARIANTS)
    it(`${row.id} names reasons that exist, functions, a class and its kernel source`, () => {
      for (const reason of row.reasons ?? [])
        assert.notEqual(reasonRow(reason).kernelSource, UNKNOWN, reason);
      for (const symbol of [...(row.symbols ?? []), ...(row.callers ?? []), ...(row.nearest?.callers ?? [])])
        assert.match(symbol, /^\w+$/);
      assert.ok(DROP_CLASSES.includes(row.class));
      assert.match(row.kernelSource, /\.[ch]: .*\(v\d+\.\d+\)$/);
    });

  it("have one line of advice and plain sentences", () => {
    for (const { id, meaning, advice } of VARIANTS) {
      assert.match(meaning, /^(nftables|[A-Z]).*\.$/, id);
      assert.ok(
        advice.length > 0 && advice.length <= 100 && !advice.includes("\n"),
        `${id}: ${advice.length}`,
      );
      assert.doesNotMatch(meaning + advice, /[^\x20-\x7e]/, id);
    }
  });

  it("have an id each, which begins with a reason that they are of", () => {
    const ids = [...VARIANTS, ...REASONS.map(variantOfReason)].map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id, at) => ids.indexOf(id) !== at),
      [],
    );
    for (const { id, reasons } of VARIANTS) {
      assert.match(id, /^[a-z0-9-]+\/[a-z0-9-]+$/);
      const own = reasons?.map((name) => name.toLowerCase().replaceAll("_", "-")) ?? ["any"];
      assert.ok(own.includes(id.slice(0, id.indexOf("/"))), id);
    }
  });

  it("ask for no length of more than one byte, so that user space may take all others for alike", () => {
    for (const { id, payloadLen = 0, skbLen = 0 } of VARIANTS) assert.ok(payloadLen <= 1 && skbLen <= 1, id);
  });

  it("hold for something: no row is for everything", () => {
    for (const row of VARIANTS)
      assert.ok(row.copy !== undefined || row.symbols !== undefined || row.reasons !== undefined, row.id);
  });
});
