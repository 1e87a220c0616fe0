import assert from "node:assert/strict";
import { constants, mkdirSync, openSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ERRNO } from "../../sys/errno.ts";
import { demandNoLeak } from "../../sys/failing-syscalls.test.kit.ts";
import { libcSyscalls } from "../../sys/libc.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import { fixtureRoot } from "../fixture-root.test.kit.ts";
import { findCgroupMount } from "./cgroup-mount.ts";
import { CgroupPaths } from "./cgroup-paths.ts";

const V2 = "41 31 0:38 / /cg rw,nosuid shared:9 - cgroup2 cgroup2 rw\n";

/** A folder that stands for what is mounted, and system calls that open it by the id of what is in it. */
function cgroups(...paths: readonly string[]) {
  const root = fixtureRoot({ "proc/self/mountinfo": V2 });
  const mount = join(root.path, "cg");
  for (const path of ["/", ...paths]) mkdirSync(mount + path, { recursive: true });
  const idOf = (path: string): bigint => statSync(mount + path, { bigint: true }).ino;
  const folders = new Map(paths.map((path) => [idOf(path), mount + path]));
  const asked: bigint[] = [];
  const openByHandleAt: Syscalls["openByHandleAt"] = (_mount, handle) => {
    const id = new BigUint64Array(handle.slice(8, 16).buffer)[0] ?? 0n;
    asked.push(id);
    const folder = folders.get(id);
    return folder === undefined ? -ERRNO.ESTALE : openSync(folder, constants.O_RDONLY);
  };
  const sys: Syscalls = { ...libcSyscalls, openByHandleAt };
  return { root, mount, idOf, asked, sys, [Symbol.dispose]: () => root[Symbol.dispose]() };
}

test("CgroupPaths asks for each id once, also for one that is gone", () => {
  using made = cgroups("/a.slice/b.service");
  using paths = new CgroupPaths(made.sys, made.root.path);
  const id = made.idOf("/a.slice/b.service");
  for (let round = 0; round < 3; round += 1) {
    assert.equal(paths.pathOf(id), "/a.slice/b.service");
    assert.equal(paths.pathOf(7n), undefined);
  }
  assert.deepEqual(made.asked, [id, 7n]);
});

test("CgroupPaths keeps so many, those asked for last", () => {
  using made = cgroups("/a");
  using paths = new CgroupPaths(made.sys, made.root.path);
  const id = made.idOf("/a");
  const others = (from: number, count: number): void => {
    for (let other = from; other < from + count; other += 1) paths.pathOf(BigInt(2 ** 50 + other));
  };
  paths.pathOf(id);
  for (const from of [0, 10_000, 20_000]) {
    others(from, 8191);
    paths.pathOf(id);
  }
  assert.equal(made.asked.filter((one) => one === id).length, 1);
  others(40_000, 16_385);
  assert.equal(paths.pathOf(id), "/a");
  assert.equal(made.asked.filter((one) => one === id).length, 2);
});

test("CgroupPaths says nothing of what lies beside the mount", () => {
  using made = cgroups("/a");
  const id = made.idOf("/a");
  const sys = { ...made.sys, openByHandleAt: () => openSync(`${made.root.path}/proc`, constants.O_RDONLY) };
  using paths = new CgroupPaths(sys, made.root.path);
  assert.equal(paths.pathOf(id), undefined);
  assert.equal(paths.way, "handle");
});

test("CgroupPaths takes the path of a cgroup that is removed while it is open", () => {
  using made = cgroups("/a");
  const sys: Syscalls = {
    ...made.sys,
    openByHandleAt: (...call) => {
      const fd = made.sys.openByHandleAt(...call);
      rmdirSync(`${made.mount}/a`);
      return fd;
    },
  };
  using paths = new CgroupPaths(sys, made.root.path);
  assert.equal(paths.pathOf(made.idOf("/a")), "/a");
});

test("CgroupPaths asks again after a failure that says nothing of the cgroup", () => {
  using made = cgroups("/a");
  let isExhausted = true;
  const sys: Syscalls = {
    ...made.sys,
    openByHandleAt: (...call) => (isExhausted ? -ERRNO.EMFILE : made.sys.openByHandleAt(...call)),
  };
  using paths = new CgroupPaths(sys, made.root.path);
  const id = made.idOf("/a");
  assert.equal(paths.pathOf(id), undefined);
  isExhausted = false;
  assert.equal(paths.pathOf(id), "/a");
  assert.equal(paths.way, "handle");
});

test("CgroupPaths waits longer after a walk that took long", () => {
  using made = cgroups("/a");
  let nowMs = 0;
  let tookMs = 100;
  const clock = (): number => {
    nowMs += tookMs;
    return nowMs;
  };
  using paths = new CgroupPaths({ ...made.sys, openByHandleAt: () => -ERRNO.EPERM }, made.root.path, clock);
  assert.equal(paths.pathOf(made.idOf("/a")), "/a");
  mkdirSync(`${made.mount}/b`);
  const id = made.idOf("/b");
  tookMs = 0;
  nowMs = 200 + 4999;
  assert.equal(paths.pathOf(id), undefined);
  nowMs = 200 + 5000;
  assert.equal(paths.pathOf(id), "/b");
});

test("CgroupPaths.processesIn reads each pid once, and says where there are more", () => {
  using made = cgroups("/a");
  using paths = new CgroupPaths(made.sys, made.root.path);
  const read = (text: string) => {
    writeFileSync(`${made.mount}/a/cgroup.procs`, text);
    return paths.processesIn("/a");
  };
  assert.deepEqual(read("12\n7\n12\n0\n"), { pids: [12, 7], isComplete: true });
  const many = read("1234567\n".repeat(10_000));
  assert.deepEqual(many, { pids: [1_234_567], isComplete: false });
  assert.equal(paths.processesIn("/b"), undefined);
  assert.equal(paths.processesIn("/a/../../proc"), undefined);
});

test("CgroupPaths has no answers without cgroup v2", () => {
  using root = fixtureRoot({ "proc/self/mountinfo": "32 31 0:29 / /cg rw - cgroup cgroup rw,cpu\n" });
  using paths = new CgroupPaths(libcSyscalls, root.path);
  assert.deepEqual([paths.way, paths.pathOf(1n), paths.processesIn("/")], ["none", undefined, undefined]);
});

test("CgroupPaths leaves nothing open, whatever fails", () => {
  using made = cgroups("/a");
  const id = made.idOf("/a");
  const failed = demandNoLeak(made.sys, (sys) => {
    const paths = new CgroupPaths(sys, made.root.path);
    paths.pathOf(id);
    return paths;
  });
  // It throws nothing: it finds less.
  assert.equal(failed, 0);
});

test("findCgroupMount takes the mount that shows most", () => {
  const find = (text: string): string | undefined => {
    using root = fixtureRoot({ mountinfo: text });
    return findCgroupMount(`${root.path}/mountinfo`);
  };
  const line = (rootPath: string, point: string): string =>
    `41 31 0:38 ${rootPath} ${point} rw - cgroup2 cgroup2 rw\n`;
  assert.equal(find(V2), "/cg");
  assert.equal(find(line("/x", "/part") + line("/", "/all")), "/all");
  assert.equal(find(line("/", "/own") + line("/../..", "/host") + line("/..", "/parent")), "/host");
  assert.equal(find(line("/", "/with\\040space\\134")), "/with space\\");
  // An option in the place of the type, and lines that end too soon.
  assert.equal(find("41 31 0:38 / /cg rw cgroup2\n41 31\n\n- cgroup2"), undefined);
});
