import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { StrandedError } from "../errors.ts";
import type { Steps } from "../host/steps.ts";
import type { SiteCount } from "../model/index.ts";
import { begin, finish, messageOf } from "../run/run.test.kit.ts";
import type { OpenLive } from "../source/open-live.ts";
import { ReportOfRun } from "./report-of-run.ts";

/** A machine whose namespaces are looked for with these steps. */
function looking(findAllSteps: () => Steps<void>): Pick<OpenLive, "held" | "btf"> {
  const namespaces = { sharedFinder: () => ({ paths: new Map(), findAllSteps }) };
  return { held: { namespaces }, btf: {} } as unknown as Pick<OpenLive, "held" | "btf">;
}

/** Five drops that nobody looked at one by one. */
const COUNTED: SiteCount = {
  reason: "PROTO_MEM",
  reasonCode: 8,
  reasonSubsystem: undefined,
  reasonInferred: false,
  class: "loss",
  location: "tcp_data_queue+0x10",
  ip: 4,
  count: 5,
  perSecond: 1,
  lastNs: 1n,
  advice: "",
};

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
  const live = { held: { namespaces: { sharedFinder: () => broken } }, btf: {} };
  report.start(run, live as unknown as Pick<OpenLive, "held" | "btf">, undefined);
  report.close();
  const made = report.make(run.summaryNow(), performance.now() + 100);
  assert.deepEqual([made.findings, made.headline], [[], "What was dropped could not be evaluated."]);
  await run.finished;
  await finish(run);
  assert.equal(messageOf(run), "a rule broke");
});

test("ReportOfRun writes the only namespace that is traced into commands of what was only counted", async () => {
  const { run } = begin();
  const nextOf = (netns: readonly number[]): readonly string[] => {
    using report = new ReportOfRun();
    const finder = {
      paths: new Map(netns.map((inode) => [inode, ["/run/netns/web"]])),
      findAllSteps: () => [][Symbol.iterator](),
    };
    const live = { held: { namespaces: { sharedFinder: () => finder, visit: () => undefined } }, btf: {} };
    report.start(run, live as unknown as Pick<OpenLive, "held" | "btf">, netns);
    report.close();
    const summary = run.summaryNow();
    const totals = { ...summary.totals, seen: 5, limited: 5 };
    const counted = { ...summary, totals, bySite: [COUNTED], filterRest: undefined };
    return report.make(counted, performance.now() + 100).findings.flatMap(({ next }) => next);
  };
  assert.deepEqual(nextOf([7]), ["ip netns exec web ss -tnmp", "ip netns exec web cat /proc/net/sockstat"]);
  assert.match(
    nextOf([7, 8])[0] ?? "",
    /^ss -tnmp # in network namespace: that of the drops, not known here$/,
  );
  await finish(run);
});
