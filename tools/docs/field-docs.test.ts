import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SUMMARY_FIELDS } from "../../src/model/fields/index.ts";
import { SINKS } from "../../src/sinks/registry.ts";
import { outputTables } from "./field-docs.ts";

test("docs/output.md, docs/usage.md and the schema are what render-fields would write", () => {
  const tool = fileURLToPath(new URL("../render-fields.js", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [tool, "--check"], { encoding: "utf8" });
  assert.equal(stderr, "");
  assert.equal(status, 0);
});

test("outputTables has a row for each format and field", () => {
  const rows = (name: string): number => (outputTables().get(name) ?? "").split("\n").length - 2;
  assert.equal(rows("formats"), SINKS.length);
  assert.equal(rows("summary"), SUMMARY_FIELDS.length);
});
