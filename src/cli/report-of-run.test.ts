import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { StrandedError } from "../errors.ts";
import type { Steps } from "../host/steps.ts";
import { begin, finish, messageOf } from "../run/run.test.kit.ts";
import type { OpenLive } from "../source/open-live.ts";
import { ReportOfRun } from "./report-of-run.ts";

/** A machine whose namespaces are looked for with these steps. */
function looking(findAllSteps: () => Steps<void>): Pick<OpenLive, "held" | "btf"> {
  const namespaces = { finder: () => ({ paths: new Map(), findAllSteps }) };
  return { held: { namespaces }, btf: {} } as unknown as Pick<OpenLive, "held" | "btf">;
}

test("ReportOfRun reads no counters for the first time once the run is over", async () => {
  using report = new ReportOfRun();
  let steps = 0;
  const { run } = begin();
  const live = looking(function* () {
    for (;;) {
      steps += 1;
      yield;
    }
  });
  report.start(run, live, []);
  await turn();
  assert.ok(steps > 0);
  report.close();
  const atEnd = steps;
  await finish(run);
  await turn();
  assert.equal(steps, atEnd);
});

test("ReportOfRun ends the run where reading leaves this thread in another namespace", async () => {
  using report = new ReportOfRun();
  const { run } = begin();
  const live = looking(function* (): Steps<void> {
    yield;
    throw new StrandedError(1);
  });
  report.start(run, live, []);
  await run.finished;
  await finish(run);
  assert.match(messageOf(run) ?? "", /namespace/);
});

test("ReportOfRun that cannot be made ends the run with its failure, and concludes nothing", async () => {
  using report = new ReportOfRun();
  const { run } = begin();
  const broken = {
    findAllSteps: () => [][Symbol.iterator](),
    get paths(): never {
      throw new TypeError("a rule broke");
    },
  };
  const live = { held: { namespaces: { finder: () => broken } }, btf: {} };
  report.start(run, live as unknown as Pick<OpenLive, "held" | "btf">, undefined);
  report.close();
  const made = report.make(run.summaryNow(), performance.now() + 100);
  assert.deepEqual([made.findings, made.headline], [[], "What was dropped could not be evaluated."]);
  await run.finished;
  await finish(run);
  assert.equal(messageOf(run), "a rule broke");
});
