import assert from "node:assert/strict";
import { test } from "node:test";
import type { DropClass, Owner, OwnerSum } from "../model/index.ts";
import { incidentOfTotal } from "./exact-totals.ts";
import type { Incident } from "./incident.ts";
import { ownersOf } from "./report-owners.ts";

const owner = (unit: string, pid?: number): Owner => ({
  by: pid === undefined ? "cgroup" : "socket",
  certainty: "certain",
  missing: undefined,
  process: pid === undefined ? undefined : { pid, startNs: 1n, comm: "nc", exe: undefined },
  holders: undefined,
  uid: undefined,
  user: undefined,
  cgroup: `/system.slice/${unit}`,
  socketCgroup: undefined,
  workload: undefined,
  hint: undefined,
});
const NC = owner("nc.service", 7);

function incident(count: number, dropClass: DropClass = "loss"): Incident {
  const site = {
    reason: "NETFILTER_DROP",
    reasonCode: 12,
    reasonSubsystem: "CORE",
    reasonInferred: false,
    class: dropClass,
    count,
    perSecond: 1,
    lastNs: 5n,
    location: "nft_do_chain+0x1",
    ip: 4,
    advice: "",
  } as const;
  return { ...incidentOfTotal(site), owners: [{ owner: NC, count }] };
}

const sum = (count: number, of: Partial<OwnerSum> = {}): OwnerSum => ({
  of: "cgroup",
  cgroupId: 9n,
  class: "loss",
  owner: owner("nc.service"),
  perSecond: 1,
  count,
  ...of,
});
const counts = (found: ReturnType<typeof ownersOf>): readonly (readonly [string | undefined, number])[] =>
  found.map((one) => [one.owner?.process?.comm ?? one.owner?.cgroup, one.count]);

/** The kernel's counts have harmless drops too, which a site does not tell apart. */
const WHOLE = { limited: 0, unread: 0, lost: 0 };
const LOST = { limited: 0, unread: 0, lost: 27 };

test("ownersOf tells what was looked at one by one, where that is all", () => {
  const incidents = [incident(5), incident(100, "normal")];
  assert.deepEqual(counts(ownersOf(incidents, { totals: WHOLE })), [["nc", 5]]);
  assert.deepEqual(
    counts(ownersOf(incidents, { totals: WHOLE, byOwner: [sum(8), sum(100, { class: "normal" })] })),
    [["nc", 5]],
  );
});

test("ownersOf tells what the kernel counted, where drops were lost, limited or never read", () => {
  const byOwner = [
    sum(20),
    sum(7, { of: "unknown", cgroupId: undefined, owner: undefined }),
    sum(3, { of: "other", cgroupId: undefined, class: undefined, owner: undefined }),
    sum(2, { class: "refused", owner: owner("db.service") }),
    sum(900, { class: "copy" }),
  ];
  const expected = [
    ["/system.slice/nc.service", 20],
    [undefined, 10],
    ["/system.slice/db.service", 2],
  ];
  assert.deepEqual(counts(ownersOf([incident(5)], { totals: LOST, byOwner })), expected);
  assert.deepEqual(counts(ownersOf([], { totals: LOST, byOwner })), expected);
});

test("ownersOf keeps to what was looked at, where the kernel counted what the filter rejects", () => {
  assert.deepEqual(
    counts(ownersOf([incident(5)], { totals: LOST, byOwner: [sum(20)], filterRest: "class loss" })),
    [["nc", 5]],
  );
});
