import assert from "node:assert/strict";
import { fstatSync } from "node:fs";
import { test } from "node:test";
import { StrandedError } from "../errors.ts";
import { acquire } from "../host/authority.ts";
import { openOwnNetns } from "../host/enter-netns.ts";
import { newNetns } from "../host/new-netns.test.kit.ts";
import { check, ERRNO } from "../sys/errno.ts";
import type { OwnedFd } from "../sys/fd.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { CLONE_NEWNET } from "../sys/macros.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { NamespaceVisits } from "./namespace-visits.ts";

function visitsWith(setns: (...of: Parameters<Syscalls["setns"]>) => number): NamespaceVisits {
  const { namespaces } = acquire({ ...libcSyscalls, setns }, { cost: false, namespaces: true });
  assert.ok(namespaces !== undefined);
  return new NamespaceVisits(namespaces, { walk: () => new Uint8Array(0) });
}
const pathsOf = (netns: OwnedFd): readonly string[] => [`/proc/self/fd/${netns.fd}`];
const inodeOf = (netns: OwnedFd): number => fstatSync(netns.fd).ino;

test("NamespaceVisits.visit reads the counters of a namespace, and is back", () => {
  using netns = newNetns();
  const visits = visitsWith((fd, kind) => libcSyscalls.setns(fd, kind));
  const reading = visits.visit(inodeOf(netns), pathsOf(netns), () => false);
  assert.deepEqual(reading?.before, {
    listenDrops: 0,
    listenOverflows: 0,
    reqQFullDrops: 0,
    deferAcceptDrops: 0,
    syncookiesRecv: 0,
  });
  assert.equal(visits.refused.size, 0);
  assert.equal(
    visits.visit(1, pathsOf(netns), () => false),
    undefined,
    "the path leads elsewhere",
  );
});

test("NamespaceVisits remembers a refusal as long as the namespace is there", () => {
  using one = newNetns();
  using other = newNetns();
  let calls = 0;
  const visits = visitsWith(() => {
    calls += 1;
    return -ERRNO.EPERM;
  });
  for (let look = 0; look < 3; look += 1)
    for (const netns of [one, other])
      assert.equal(
        visits.visit(inodeOf(netns), pathsOf(netns), () => false),
        undefined,
      );
  assert.equal(calls, 2, "each is asked once");
  assert.deepEqual([...visits.refused.keys()], [inodeOf(one), inodeOf(other)]);
  visits.keepOnly(new Map([[inodeOf(other), pathsOf(other)]]));
  assert.deepEqual([...visits.refused.keys()], [inodeOf(other)]);
  for (let gone = 1; gone <= 1000; gone += 1) {
    visits.visit(inodeOf(one), pathsOf(one), () => false);
    visits.keepOnly(new Map());
  }
  assert.equal(visits.refused.size, 0, "churn leaves nothing behind");
});

test("NamespaceVisits that cannot return throws, and files no refusal", () => {
  using netns = newNetns();
  using home = openOwnNetns(libcSyscalls);
  let calls = 0;
  const visits = visitsWith((fd, kind) => (++calls === 1 ? libcSyscalls.setns(fd, kind) : -ERRNO.ENOMEM));
  try {
    assert.throws(() => visits.visit(inodeOf(netns), pathsOf(netns), () => false), StrandedError);
    assert.equal(visits.refused.size, 0);
  } finally {
    check(libcSyscalls.setns(home.fd, CLONE_NEWNET), "setns", "Cannot return");
  }
});
