import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Owner } from "../model/index.ts";
import { OwnerTally } from "./owner-tally.ts";

function ownerOf(pid: number): Owner {
  return {
    by: "socket",
    certainty: "certain",
    missing: undefined,
    process: { pid, startNs: 1n, comm: "web", exe: undefined },
    holders: undefined,
    uid: undefined,
    user: undefined,
    cgroup: undefined,
    socketCgroup: undefined,
    workload: undefined,
    hint: undefined,
  };
}

const countsOf = (tally: OwnerTally): readonly (readonly [number | undefined, number])[] =>
  tally.list().map(({ owner, count }) => [owner?.process?.pid, count]);

describe("OwnerTally", () => {
  test("takes over what another one counted, and what nobody is known of", () => {
    const [one, other] = [new OwnerTally(), new OwnerTally()];
    one.add(ownerOf(1), 3);
    one.add(undefined, 1);
    other.add(ownerOf(1), 2);
    other.add(ownerOf(2), 4);
    other.add(undefined, 5);
    one.absorb(other);
    assert.deepEqual(countsOf(one), [
      [undefined, 6],
      [1, 5],
      [2, 4],
    ]);
  });

  test("keeps as many apart as a report names, and adds up the others", () => {
    const tally = new OwnerTally();
    for (let pid = 1; pid <= 20; pid += 1) tally.add(ownerOf(pid), 1);
    assert.deepEqual(
      tally.list().reduce((sum, { count }) => sum + count, 0),
      20,
    );
    assert.deepEqual(tally.list()[0], { owner: undefined, count: 4 });
  });
});
