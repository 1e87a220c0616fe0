import assert from "node:assert/strict";
import { test } from "node:test";
import { KERNELS, type KernelRow } from "./kernels.ts";
import { renderTable } from "./table.ts";

const row = (version: string): KernelRow =>
  KERNELS.find((one) => one.version === version) ?? assert.fail(version);

test("renderTable: the newest first, failures marked, and a kernel that is unavailable does not pass", () => {
  const outcome = {
    passed: 3,
    failed: [{ name: "x", why: [] }],
    skipped: [],
    missing: ["a: b | c", "d: e"],
    steps: [],
  };
  const table = renderTable([
    { row: row("5.10"), good: true, why: "apt knows\nno kernel" },
    { row: row("6.12"), good: true, release: "6.12.1", outcome: { ...outcome, failed: [], missing: [] } },
    { row: row("6.1"), good: false, release: "6.1.2", outcome },
  ]);
  assert.deepEqual(table.trimEnd().split("\n").slice(2), [
    "| 6.12.1 | passed | 3 | 0 | 0 | nothing |",
    "| 6.1.2 | **failed** | 3 | 1 | 0 | a: b \\| c; d: e |",
    "| 5.10 | could not be had: apt knows no kernel | | | | |",
  ]);
});
