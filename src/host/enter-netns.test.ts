import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withoutDescriptors } from "../../test/no-descriptors.ts";
import { StrandedError, SyscallError, UsageError } from "../errors.ts";
import { check, ERRNO } from "../sys/errno.ts";
import { openDescriptors } from "../sys/fd.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { CLONE_NEWNET } from "../sys/macros.ts";
import { findNetnsFileSteps, HeldNetns, insideNetns, openOwnNetns } from "./enter-netns.ts";
import { fixtureRoot } from "./fixture-root.test.kit.ts";
import { readNetCounters } from "./net-counters.ts";
import { newNetns } from "./new-netns.test.kit.ts";
import { finish } from "./steps.ts";

const inode = (): number => statSync("/proc/thread-self/ns/net").ino;
const devices = (): readonly string[] =>
  [...readNetCounters().keys()].filter((name) => name.endsWith(".tx_dropped"));

test("findNetnsFileSteps looks at names, processes and descriptors", () => {
  for (const below of ["run/netns/blue", "proc/1234/ns/net", "proc/1234/fd/7"]) {
    using root = fixtureRoot({ "run/netns/left-over": "", "proc/77/fd/1": "", "proc/version": "" });
    mkdirSync(join(root.path, below, ".."), { recursive: true });
    symlinkSync("/proc/self/ns/net", join(root.path, below));
    assert.equal(finish(findNetnsFileSteps(inode(), root.path)), join(root.path, below));
    assert.equal(finish(findNetnsFileSteps(1, root.path)), undefined);
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

test("insideNetns says whether it could not enter, or not return", () => {
  using netns = newNetns();
  using home = openOwnNetns(libcSyscalls);
  const before = openDescriptors();
  const refusing = { ...libcSyscalls, setns: () => -ERRNO.EPERM };
  assert.throws(
    () => insideNetns(refusing, netns, () => assert.fail("it is not inside")),
    (failure) => failure instanceof SyscallError && failure.call === "setns" && failure.errnoName === "EPERM",
  );
  let calls = 0;
  const oneWay = {
    ...libcSyscalls,
    setns: (fd: typeof netns.fd, kind: number) =>
      ++calls === 1 ? libcSyscalls.setns(fd, kind) : -ERRNO.ENOMEM,
  };
  try {
    assert.throws(
      () => insideNetns(oneWay, netns, () => assert.fail("what happened inside is of no use any more")),
      (failure) => failure instanceof StrandedError && failure.inode === fstatSync(netns.fd).ino,
    );
    assert.equal(inode(), fstatSync(netns.fd).ino, "it is stranded indeed");
  } finally {
    check(libcSyscalls.setns(home.fd, CLONE_NEWNET), "setns", "Cannot return");
  }
  assert.equal(openDescriptors(), before);
});

/** A FIFO at `path` that nobody writes to: whoever opens it to read waits. */
function makeFifo(path: string): void {
  assert.equal(spawnSync("mkfifo", [path]).status, 0);
}

test("HeldNetns opens what it looked at, wherever the path leads by then", () => {
  using netns = newNetns();
  const made = fstatSync(netns.fd).ino;
  using root = fixtureRoot({ "run/netns/left-over": "" });
  const [path, fifo] = [join(root.path, "run/netns/blue"), join(root.path, "fifo")];
  symlinkSync(`/proc/self/fd/${netns.fd}`, path);
  makeFifo(fifo);
  const sys = {
    ...libcSyscalls,
    open: (file: string, flags: number) => {
      const fd = libcSyscalls.open(file, flags);
      // As soon as the path was looked at, it leads to a FIFO.
      if (file === path) renameSync(fifo, path);
      return fd;
    },
  };
  using held = HeldNetns.open(sys, made, root.path);
  assert.equal(held.inode, made);
  assert.equal(statSync(path).isFIFO(), true);
});

test("HeldNetns takes no file of another device for a namespace, whatever its inode number is", () => {
  using root = fixtureRoot({ "run/netns/file": "no namespace" });
  const { ino } = statSync(join(root.path, "run/netns/file"));
  assert.throws(() => HeldNetns.open(libcSyscalls, ino, root.path), /Cannot find the network namespace/);
});

/** Descriptor 3 is a namespace, 4 a FIFO; 0, which is looked at first, is the one and the other in turns. */
const FLIP = "while :; do exec 0<&3; exec 0<&4; done";
/** In a process of its own, which can be ended where it waits in open(2). */
const OPEN_MANY = `
  const { HeldNetns } = await import(process.argv[1]);
  const { libcSyscalls } = await import(process.argv[2]);
  const inode = Number(process.argv[3]);
  let found = 0;
  for (const until = Date.now() + 3000; Date.now() < until; found += 1)
    HeldNetns.open(libcSyscalls, inode)[Symbol.dispose]();
  console.log(found);`;

test("HeldNetns does not wait for a process that flips its descriptor between the namespace and a FIFO", {
  timeout: 60_000,
}, async () => {
  using root = fixtureRoot({});
  const fifo = join(root.path, "fifo");
  makeFifo(fifo);
  const { flipper, made } = flipping(fifo);
  try {
    const module = (name: string): string => new URL(name, import.meta.url).href;
    const { stdout, stderr, signal } = spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        OPEN_MANY,
        module("./enter-netns.js"),
        module("../sys/libc.js"),
        String(made),
      ],
      { encoding: "utf8", timeout: 20_000, killSignal: "SIGKILL" },
    );
    assert.equal(signal, null, `it waited in open(2): ${stderr}`);
    assert.ok(Number(stdout) > 10, `${stdout}${stderr}`);
  } finally {
    flipper.kill("SIGKILL");
    await once(flipper, "exit");
  }
});

/** A process that alone leads to a namespace. */
function flipping(fifo: string): { flipper: ReturnType<typeof spawn>; made: number } {
  using netns = newNetns();
  // To read without waiting for a writer; the shell cannot.
  const fifoFd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stdio = ["ignore", "ignore", "inherit", netns.fd, fifoFd] as const;
    return { flipper: spawn("sh", ["-c", FLIP], { stdio: [...stdio] }), made: fstatSync(netns.fd).ino };
  } finally {
    closeSync(fifoFd);
  }
}

test("HeldNetns says that there is no descriptor to look with", () => {
  const own = inode();
  withoutDescriptors(() =>
    assert.throws(() => HeldNetns.open(libcSyscalls, own), { name: "SyscallError", errnoName: "EMFILE" }),
  );
});
