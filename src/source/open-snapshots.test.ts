import assert from "node:assert/strict";
import { test } from "node:test";
import { openKernelBtf } from "../btf/index.ts";
import { acquire } from "../host/authority.ts";
import { ownNetns } from "../host/netns.ts";
import { ERRNO } from "../sys/errno.ts";
import { libcSyscalls } from "../sys/libc.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { openSnapshots } from "./open-snapshots.ts";

test("openSnapshots: a program that the kernel rejected is not loaded again for each reading", () => {
  let loads = 0;
  const sys: Syscalls = {
    ...libcSyscalls,
    bpf: (...words: Parameters<Syscalls["bpf"]>) => {
      loads += 1;
      return words.length > 0 ? -ERRNO.EINVAL : 0;
    },
  };
  using held = acquire(libcSyscalls, { cost: false, namespaces: true });
  using open = openSnapshots(sys, { held, btf: openKernelBtf() }, undefined);
  const read = () => open.snapshots.evidence([], performance.now() + 1000)[0];
  const first = read();
  const needed = loads;
  assert.equal(first?.inode, ownNetns());
  assert.equal(first?.listeners, undefined);
  assert.match(first?.problems.join() ?? "", /listening sockets could not be listed/);
  assert.ok(needed > 0);
  assert.match(read()?.problems.join() ?? "", /listening sockets could not be listed/);
  assert.equal(loads, needed);
});
