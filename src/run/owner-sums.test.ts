import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { Event, Owner, OwnerTotal, Workload } from "../model/index.ts";
import { type CgroupOwners, OwnerSums } from "./owner-sums.ts";

const WORKLOAD: Workload = {
  unit: undefined,
  runtime: undefined,
  containerId: undefined,
  container: undefined,
  image: undefined,
  containerOuter: undefined,
  pod: undefined,
  podNamespace: undefined,
  podUid: undefined,
};
const owner = (cgroup: string, workload?: Partial<Workload>): Owner => ({
  by: "cgroup",
  certainty: "certain",
  missing: undefined,
  process: undefined,
  holders: undefined,
  uid: undefined,
  user: undefined,
  cgroup,
  socketCgroup: undefined,
  workload: workload === undefined ? undefined : { ...WORKLOAD, ...workload },
  hint: undefined,
});
const OWNERS: ReadonlyMap<bigint, Owner> = new Map([
  [11n, owner("/web.service/a", { unit: "web.service" })],
  [12n, owner("/web.service/b", { unit: "web.service" })],
  [13n, owner("/plain")],
]);

class Scripted implements CgroupOwners {
  readonly asked: bigint[] = [];
  isClosed = false;
  ownerOf(id: bigint): Owner | undefined {
    this.asked.push(id);
    return OWNERS.get(id);
  }
  [Symbol.dispose](): void {
    this.isClosed = true;
  }
}

const total = (cgroupId: bigint, count: number, dropClass: OwnerTotal["class"] = "loss"): OwnerTotal => ({
  of: "cgroup",
  cgroupId,
  class: dropClass,
  count,
});
const UNKNOWN: OwnerTotal = { of: "unknown", cgroupId: undefined, class: "refused", count: 3 };
const OTHER: OwnerTotal = { of: "other", cgroupId: undefined, class: undefined, count: 1 };

test("OwnerSums adds up the cgroups of one owner and class, most first, and loses none", () => {
  const totals = [
    total(13n, 4),
    total(11n, 10),
    total(12n, 20),
    total(12n, 7, "normal"),
    total(99n, 2),
    UNKNOWN,
    OTHER,
  ];
  const sums = new OwnerSums({ ownerTotals: () => totals }, new Scripted(), 0);
  const read = sums.read(1000) ?? assert.fail("it counts");
  assert.deepEqual(
    read.map((one) => [
      one.of,
      one.owner?.cgroup,
      one.owner?.workload?.unit,
      one.class,
      one.count,
      one.perSecond,
    ]),
    [
      ["cgroup", undefined, "web.service", "loss", 30, 30],
      ["cgroup", "/web.service/b", "web.service", "normal", 7, 7],
      ["cgroup", "/plain", undefined, "loss", 4, 4],
      ["unknown", undefined, undefined, "refused", 3, 3],
      ["cgroup", undefined, undefined, "loss", 2, 2],
      ["other", undefined, undefined, undefined, 1, 1],
    ],
  );
  assert.deepEqual(
    read.map(({ cgroupId }) => cgroupId),
    [undefined, 12n, 13n, undefined, 99n, undefined],
  );
  assert.deepEqual(
    sums.whole(2000)?.map(({ perSecond }) => perSecond),
    [15, 3.5, 2, 1.5, 1, 0.5],
  );
});

test("OwnerSums has no totals where nobody counted", () => {
  const sums = new OwnerSums({ ownerTotals: () => undefined }, new Scripted(), 0);
  assert.equal(sums.read(1), undefined);
  assert.equal(sums.whole(1), undefined);
});

test("OwnerSums names cgroups soon after their first drop, until it is closed", async () => {
  const owners = new Scripted();
  let totals: readonly OwnerTotal[] = [];
  const sums = new OwnerSums({ ownerTotals: () => totals }, owners, 0);
  sums.start();
  totals = [total(11n, 1), UNKNOWN];
  for (let left = 200; left > 0 && owners.asked.length === 0; left -= 1) await wait(20);
  assert.deepEqual(owners.asked.slice(0, 1), [11n]);
  sums[Symbol.dispose]();
  assert.equal(owners.isClosed, true);
  const { length } = owners.asked;
  await wait(450);
  assert.equal(owners.asked.length, length);
});

test("OwnerSums names a cgroup at its first event, and looks for no more", async () => {
  const owners = new Scripted();
  const sums = new OwnerSums({ ownerTotals: () => [total(11n, 1)] }, owners, 0);
  for (const cgroupId of [11n, 11n, undefined, 12n])
    sums.observe({ kind: "drop", identity: { cgroupId } } as Event);
  assert.deepEqual(owners.asked, [11n, 12n]);
  await wait(450);
  assert.equal(owners.asked.length, 2);
});
