import assert from "node:assert/strict";
import { test } from "node:test";
import type { Workload } from "../../model/index.ts";
import { CgroupOwnersOfHost } from "./cgroup-owners.ts";

const CONTAINER: Workload = {
  unit: undefined,
  runtime: "docker",
  containerId: "ab".repeat(32),
  container: undefined,
  image: undefined,
  containerOuter: undefined,
  pod: undefined,
  podNamespace: undefined,
  podUid: undefined,
};

/** A machine with one container, which has a name after the second look. */
function machine() {
  const state = { path: "/docker/x" as string | undefined, looks: 0, nowMs: 0, pids: [7] };
  const owners = new CgroupOwnersOfHost(
    {
      cgroupPath: () => state.path,
      processesIn: () => state.pids,
      workload: (_path, pid) => {
        state.looks += 1;
        return state.looks < 2 || pid === undefined ? CONTAINER : { ...CONTAINER, container: "web" };
      },
      [Symbol.dispose]: () => undefined,
    },
    () => state.nowMs,
  );
  return { state, owners };
}

test("CgroupOwnersOfHost asks again for the name of a container, and then no more", () => {
  const { state, owners } = machine();
  assert.equal(owners.ownerOf(5n)?.workload?.container, undefined);
  assert.equal(owners.ownerOf(5n)?.workload?.container, undefined);
  assert.equal(state.looks, 1);
  state.nowMs = 1000;
  assert.equal(owners.ownerOf(5n)?.workload?.container, "web");
  state.nowMs = 9000;
  assert.equal(owners.ownerOf(5n)?.workload?.container, "web");
  assert.equal(state.looks, 2);
});

test("CgroupOwnersOfHost keeps a name after the cgroup is gone", () => {
  const { state, owners } = machine();
  assert.equal(owners.ownerOf(5n)?.cgroup, "/docker/x");
  state.path = undefined;
  state.nowMs = 5000;
  assert.equal(owners.ownerOf(5n)?.cgroup, "/docker/x");
  assert.equal(owners.ownerOf(6n), undefined);
});
