/** Ids of real cgroups to paths. Each is made below the one that the test runs in, and removed. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findCgroupMount } from "../../src/host/owner/cgroup-mount.ts";
import { CgroupPaths } from "../../src/host/owner/cgroup-paths.ts";
import { ERRNO } from "../../src/sys/errno.ts";
import { openDescriptors } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";

const MOUNT = findCgroupMount("/proc/self/mountinfo") ?? "";
const OWN = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "";
const CHILD = join(import.meta.dirname, "cgroup-paths-child.js");

interface MadeCgroup extends Disposable {
  readonly path: string;
  readonly folder: string;
  readonly id: bigint;
  remove(): void;
}

function makeCgroup(name: string): MadeCgroup {
  const path = `${OWN === "/" ? "" : OWN}/tcpdrop-test-${process.pid}-${name}`;
  const folder = MOUNT + path;
  mkdirSync(folder);
  let isThere = true;
  const remove = (): void => {
    if (isThere) rmdirSync(folder);
    isThere = false;
  };
  return {
    path,
    folder,
    id: statSync(folder, { bigint: true }).ino,
    remove,
    [Symbol.dispose]: remove,
  };
}

/** What the child says of the ids, started by these words. */
function ask(words: readonly string[], ids: readonly bigint[]): unknown {
  const [program = "", ...rest] = [...words, process.execPath, CHILD, ...ids.map(String)];
  const { stdout, stderr } = spawnSync(program, rest, { encoding: "utf8" });
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

test("CgroupPaths finds a cgroup by its id, and remembers it after it is gone", () => {
  const before = openDescriptors();
  {
    using made = makeCgroup("kept");
    using paths = new CgroupPaths(libcSyscalls);
    assert.equal(paths.pathOf(made.id), made.path);
    assert.equal(paths.way, "handle");
    made.remove();
    assert.equal(paths.pathOf(made.id), made.path);
    // Who asks for the first time now is told nothing.
    using late = new CgroupPaths(libcSyscalls);
    assert.equal(late.pathOf(made.id), undefined);
    assert.equal(late.way, "handle");
  }
  assert.equal(openDescriptors(), before);
});

test("CgroupPaths finds the root, and nothing by ids that nobody has", () => {
  using paths = new CgroupPaths(libcSyscalls);
  assert.equal(paths.pathOf(statSync(MOUNT, { bigint: true }).ino), "/");
  for (const id of [0n, 2n ** 32n - 1n, 2n ** 64n - 1n]) assert.equal(paths.pathOf(id), undefined);
  assert.equal(paths.way, "handle");
});

test("CgroupPaths takes a name that ends like that of a deleted file as it is", () => {
  using made = makeCgroup("x (deleted)");
  using paths = new CgroupPaths(libcSyscalls);
  assert.equal(paths.pathOf(made.id), made.path);
});

test("CgroupPaths.processesIn lists the processes of a cgroup", async () => {
  using made = makeCgroup("procs");
  using paths = new CgroupPaths(libcSyscalls);
  assert.deepEqual(paths.processesIn(made.path), { pids: [], isComplete: true });
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  try {
    writeFileSync(`${made.folder}/cgroup.procs`, String(child.pid));
    assert.deepEqual(paths.processesIn(made.path), { pids: [child.pid], isComplete: true });
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  assert.deepEqual(paths.processesIn(made.path), { pids: [], isComplete: true });
  made.remove();
  assert.equal(paths.processesIn(made.path), undefined);
  assert.equal(paths.processesIn("/../../../etc"), undefined);
});

test("CgroupPaths walks the tree where it must not open by id, at most once a second", () => {
  using first = makeCgroup("walk-1");
  let nowMs = 0;
  const sys = { ...libcSyscalls, openByHandleAt: () => -ERRNO.EPERM };
  using paths = new CgroupPaths(sys, "/", () => nowMs);
  assert.equal(paths.pathOf(first.id), first.path);
  assert.equal(paths.way, "walk");
  using second = makeCgroup("walk-2");
  nowMs = 999;
  assert.equal(paths.pathOf(second.id), undefined);
  nowMs = 1000;
  assert.equal(paths.pathOf(second.id), second.path);
  second.remove();
  assert.equal(paths.pathOf(second.id), second.path);
});

test("CgroupPaths walks without CAP_DAC_READ_SEARCH", () => {
  using made = makeCgroup("rights");
  assert.deepEqual(ask(["setpriv", "--bounding-set=-dac_read_search"], [made.id]), {
    found: [made.path],
    way: "walk",
  });
});

test("CgroupPaths says nothing of cgroups above those that are mounted here", () => {
  using made = makeCgroup("namespace");
  const inside = `${made.folder}/inside`;
  mkdirSync(inside);
  try {
    const ids = [made.id, statSync(inside, { bigint: true }).ino, statSync(MOUNT, { bigint: true }).ino];
    const mountAnew = `echo $$ > '${made.folder}/cgroup.procs' && exec unshare -C -m sh -c '
      umount "$0" && mount -t cgroup2 none "$0" && exec "$@"' '${MOUNT}' "$@"`;
    // In a namespace whose root is the cgroup itself.
    assert.deepEqual(ask(["unshare", "-m", "sh", "-c", mountAnew, "sh"], ids), {
      found: ["/", "/inside", null],
      way: "handle",
    });
  } finally {
    rmdirSync(inside);
  }
});
