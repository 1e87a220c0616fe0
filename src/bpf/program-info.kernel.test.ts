/** What the kernel counts for a program, on the running kernel. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SyscallError } from "../errors.ts";
import { openDescriptors } from "../sys/fd.ts";
import { enableRunStatistics, programInfoById } from "./program-info.ts";
import { needsRoot, runnable, sys } from "./run-program.test.kit.ts";

const RUNS = 100;

describe("program information", { skip: needsRoot }, () => {
  test("enableRunStatistics: each run is counted and timed while it is held", () => {
    const before = openDescriptors();
    using made = runnable(1, ({ store }) => store(0, 1));
    const { program } = made;
    const open = openDescriptors();
    const from = program.info();
    {
      using _statistics = enableRunStatistics(sys);
      for (let run = 0; run < RUNS; run += 1) made.run([]);
    }
    const to = program.info();
    assert.equal(to.runCount - from.runCount, BigInt(RUNS));
    assert.ok(to.runTimeNs > from.runTimeNs, `${to.runTimeNs} ns`);
    assert.equal(openDescriptors(), open);
    assert.ok(open > before);
  });

  test("programInfoById says the same as the program itself", () => {
    using made = runnable(1, ({ store }) => store(0, 1));
    const { program } = made;
    const info = program.info();
    assert.deepEqual(programInfoById(sys, info.id), info);
  });

  test("a program that is not there is a SyscallError", () => {
    assert.throws(
      () => programInfoById(sys, 2 ** 31 - 1),
      (error) =>
        error instanceof SyscallError &&
        error.errnoName === "ENOENT" &&
        error.message.includes("the program with id 2147483647"),
    );
  });
});
