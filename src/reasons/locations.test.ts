import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DROP_CLASSES } from "../model/index.ts";
import { LOCATION_RULES, reasonRow } from "./index.ts";

describe("LOCATION_RULES", () => {
  it("name reasons that exist, functions, classes and a place with its release", () => {
    for (const rule of LOCATION_RULES) {
      for (const reason of rule.reasons ?? [])
        assert.equal(reasonRow(reason).place === "not known to this build", false, reason);
      for (const symbol of [...(rule.symbols ?? []), ...(rule.callers ?? [])]) assert.match(symbol, /^\w+$/);
      assert.ok(rule.symbols !== undefined || rule.reasons !== undefined, "a rule for everything is none");
      assert.ok(DROP_CLASSES.includes(rule.class));
      assert.match(rule.place, /\.c: .*\(v\d+\.\d+\)$/);
    }
  });
});
