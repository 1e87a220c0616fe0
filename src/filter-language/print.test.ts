import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "./parse.ts";
import { printFilter } from "./print.ts";

test("printFilter quotes a name so that it is read back, with quotes and spaces of its own", () => {
  for (const value of [" '", ' "', "' ", "a b", "'a", '"', "#", "(", "a)b", " a'b c"]) {
    const text = printFilter({ kind: "owner", word: "owner", value, at: { start: 0, end: 0 } });
    const { root } = parseFilter(text);
    assert.ok(root.kind === "owner" && root.value === value, text);
  }
});
