import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fstatSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { UsageError } from "../errors.ts";
import { check } from "../sys/errno.ts";
import { type OwnedFd, openDescriptors } from "../sys/fd.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { CLONE_NEWNET } from "../sys/macros.ts";
import { findNetnsFile, HeldNetns, insideNetns, openOwnNetns } from "./enter-netns.ts";
import { fixtureRoot } from "./fixture-root.test.kit.ts";
import { readNetCounters } from "./net-counters.ts";

const inode = (): number => statSync("/proc/thread-self/ns/net").ino;
const devices = (): readonly string[] =>
  [...readNetCounters().keys()].filter((name) => name.endsWith(".tx_dropped"));

/** A namespace that nothing but the descriptor holds. */
function newNetns(): OwnedFd {
  using home = openOwnNetns(libcSyscalls);
  check(libcSyscalls.unshare(CLONE_NEWNET), "unshare", "Cannot make a network namespace");
  try {
    return openOwnNetns(libcSyscalls);
  } finally {
    check(libcSyscalls.setns(home.fd, CLONE_NEWNET), "setns", "Cannot return");
  }
}

test("findNetnsFile looks at names, processes and descriptors", () => {
  for (const place of ["run/netns/blue", "proc/1234/ns/net", "proc/1234/fd/7"]) {
    using root = fixtureRoot({ "run/netns/left-over": "", "proc/77/fd/1": "", "proc/version": "" });
    mkdirSync(join(root.path, place, ".."), { recursive: true });
    symlinkSync("/proc/self/ns/net", join(root.path, place));
    assert.equal(findNetnsFile(inode(), root.path), join(root.path, place));
    assert.equal(findNetnsFile(1, root.path), undefined);
  }
});

test("HeldNetns finds a namespace that a descriptor alone holds, enters it, and comes back", () => {
  const before = openDescriptors();
  {
    using netns = newNetns();
    const made = fstatSync(netns.fd).ino;
    using held = HeldNetns.open(libcSyscalls, made);
    const home = inode();
    insideNetns(libcSyscalls, netns, () =>
      spawnSync("ip", ["link", "add", "only0", "type", "veth", "peer", "name", "only1"], { timeout: 10_000 }),
    );
    const { entered, names } = held.inside(() => ({
      entered: inode(),
      names: devices().filter((name) => name.startsWith("only")),
    }));
    assert.deepEqual([entered, names.toSorted()], [made, ["only0.tx_dropped", "only1.tx_dropped"]]);
    assert.equal(inode(), home);
    assert.throws(() => held.inside(() => assert.fail("inside")), /inside/);
    assert.equal(inode(), home, "after a failure too");
  }
  assert.equal(openDescriptors(), before);
});

test("HeldNetns of the own namespace enters nothing", () => {
  const sys = { ...libcSyscalls, setns: () => assert.fail("setns") };
  using held = HeldNetns.open(sys, inode());
  assert.equal(
    held.inside(() => readFileSync("/proc/thread-self/net/dev", "utf8").split("\n")[0]),
    readFileSync("/proc/self/net/dev", "utf8").split("\n")[0],
  );
});

test("HeldNetns says what it looked for and did not find", () => {
  assert.throws(
    () => HeldNetns.open(libcSyscalls, 1),
    (failure) =>
      failure instanceof UsageError &&
      /namespace 1: no name, process or descriptor/.test(failure.message) &&
      failure.hint !== undefined,
  );
});
