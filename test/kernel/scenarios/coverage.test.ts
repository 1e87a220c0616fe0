/**
 * Every drop reason of the running kernel has a scenario, or a line that says why not.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { VARIANTS } from "../../../src/reasons/index.ts";
import { kernelReasons } from "./reasons.ts";

const SOURCES = join(import.meta.dirname, "../../../../test/kernel/scenarios");
/** Names in the enum that are not reasons. */
const NO_REASONS = new Set(["NOT_DROPPED_YET", "SKB_NOT_DROPPED_YET", "SKB_CONSUMED", "MAX", "SUBSYS_MASK"]);

test("each reason of this kernel is in a scenario or in UNREACHABLE.md", () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
  const scenarios = files
    .filter((file) => file.endsWith(".ts") && file.includes("/"))
    .map((file) => readFileSync(join(SOURCES, file), "utf8"));
  const helpers = files
    .filter((file) => /^[^/]+(?<!\.test)\.ts$/.test(file))
    .map((file) => readFileSync(join(SOURCES, file), "utf8"));
  const made = new Set(
    [...scenarios, ...helpers].flatMap((text) =>
      [...text.matchAll(/"([A-Z][A-Z0-9_]+)"/g)].map((match) => match[1] ?? ""),
    ),
  );
  const explained = new Set(
    [...readFileSync(join(SOURCES, "UNREACHABLE.md"), "utf8").matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(
      (match) => match[1] ?? "",
    ),
  );
  const left = [...kernelReasons].filter(
    (reason) => !NO_REASONS.has(reason) && !made.has(reason) && !explained.has(reason),
  );
  assert.deepEqual(left, []);
});

test("each variant of a reason is asserted by a test with real drops, or is in UNREACHABLE.md", () => {
  const kernelTests = join(SOURCES, "..");
  const sources = readdirSync(kernelTests, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(kernelTests, file), "utf8"))
    .join("\n");
  const explained = readFileSync(join(SOURCES, "UNREACHABLE.md"), "utf8");
  const left = VARIANTS.map(({ id }) => id).filter((id) => {
    const tail = id.slice(id.indexOf("/") + 1);
    return (
      ![`"${tail}"`, `"/${tail}"`].some((text) => sources.includes(text)) &&
      !sources.includes(`"${id}"`) &&
      !explained.includes(`\`${id}\``)
    );
  });
  assert.deepEqual(left, []);
});
