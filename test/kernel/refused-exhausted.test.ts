/**
 * Counting refused SYNs needs descriptors: without any, a trace goes on, and says what it could not count.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { RefusedTotal } from "../../src/model/index.ts";
import { patient } from "../patience.ts";
import { EXACT } from "./refused.ts";

const SCRIPT = fileURLToPath(new URL("./exhausted.js", import.meta.url));
const LIMIT = { timeout: patient(40_000) };

interface Outcome {
  readonly taken: number;
  readonly listenDrops: number;
  readonly reported: number;
  readonly refusedSyns: RefusedTotal;
}

function run(how: string): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, how], {
    encoding: "utf8",
    timeout: patient(30_000),
  });
  assert.equal(status, 0, stderr);
  const outcome = JSON.parse(stdout) as Outcome;
  assert(outcome.taken > 0 && outcome.listenDrops === 4, stdout);
  assert.equal(outcome.reported, 0, "no round could be made");
  return outcome;
}

test("without descriptors to the end: no exception, a summary, and why there may be more", LIMIT, () => {
  const { refusedSyns } = run("stays");
  assert.equal(refusedSyns.count, 0);
  assert.match(
    refusedSyns.problem ?? "",
    /^SYNs that listening sockets refused since they were looked at last are not counted: .*EMFILE/,
  );
});

test("when descriptors are available again, the next round counts what the others missed", LIMIT, () => {
  const { refusedSyns } = run("recovers");
  assert.deepEqual([refusedSyns.count, refusedSyns.atMost, refusedSyns.problem], [4, !EXACT, undefined]);
});
