/** Runs that find no descriptors left at their end: they total all the same. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { RunningCommand } from "./command-line.ts";

const NAME = `tcpdrop-nofile-${process.pid}`;

/** Leaves the process so many descriptors that it can still open. */
function leave(pid: number, count: number): void {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let limit = 0;
  for (let left = count; left > 0 || taken.has(limit); limit += 1) if (!taken.has(limit)) left -= 1;
  const { status, stderr } = spawnSync("prlimit", ["--pid", String(pid), `--nofile=${limit}:`], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
}

describe("a run without descriptors at its end", { concurrency: false }, () => {
  before(() => assert.equal(spawnSync("ip", ["netns", "add", NAME]).status, 0));
  after(() => spawnSync("ip", ["netns", "del", NAME]));

  for (const left of [0, 1, 2])
    test(`has its summary, and no exception: ${left} left`, async () => {
      await using command = new RunningCommand([
        "--netns",
        NAME,
        "--format",
        "json",
        "--report",
        "--reconcile",
      ]);
      await command.attached();
      leave(command.pid, left);
      const { code } = await command.end("SIGINT");
      assert.equal(code, 0, command.stderr);
      assert.doesNotMatch(command.stderr, /^ +at /m);
      assert.match(command.stdout.trim().split("\n").at(-1) ?? "", /^\{"type":"summary"/);
    });
});
