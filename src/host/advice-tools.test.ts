import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ADVICE_TOOLS, missingTools } from "./advice-tools.ts";
import { fixtureRoot } from "./fixture-root.test.kit.ts";

test("missingTools looks for programs that can be run, in PATH", () => {
  using root = fixtureRoot();
  const before = missingTools(root.path);
  for (const { name } of ADVICE_TOOLS) {
    writeFileSync(join(root.path, name), "");
    chmodSync(join(root.path, name), 0o755);
  }
  assert.deepEqual(missingTools(`/nowhere:${root.path}`), []);
  assert(before.every(({ package: from }) => from.length > 0));
});

test("missingTools takes no file that cannot be run, and no relative folder", () => {
  using root = fixtureRoot();
  const [first] = ADVICE_TOOLS;
  assert(first !== undefined);
  writeFileSync(join(root.path, first.name), "");
  const names = missingTools(`relative:${root.path}`).map(({ name }) => name);
  const there = missingTools("").map(({ name }) => name);
  assert.deepEqual(names, there, "as without that folder");
});
