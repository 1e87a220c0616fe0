import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { test } from "node:test";
import { fixtureRoot } from "../fixture-root.test.kit.ts";
import { readProcStart } from "./hostile-file.ts";
import { readProcessFacts, seesHostCgroups, seesHostPids, ticksOf, withProcess } from "./process-facts.ts";

async function ended(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

const uptimeTicks = (): number => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 100;

test("readProcessFacts reads what /proc says of this process", () => {
  assert.deepEqual(
    { ...readProcessFacts(process.pid), startTicks: 0, cgroup: "", comm: "" },
    {
      pid: process.pid,
      ppid: process.ppid,
      comm: "",
      startTicks: 0,
      exe: readlinkSync("/proc/self/exe"),
      cgroup: "",
      netns: statSync("/proc/self/ns/net").ino,
      uid: process.geteuid?.(),
    },
  );
  const facts = readProcessFacts(process.pid);
  assert.equal(facts?.comm, readFileSync("/proc/self/comm", "utf8").trimEnd());
  assert.ok(facts.cgroup?.startsWith("/"));
});

test("readProcessFacts reads when a process started, and a name that looks like other fields", async () => {
  const before = uptimeTicks();
  const child = spawn("sh", ["-c", "printf ') Z 7 (x\\n)' > /proc/self/comm; echo; read line"]);
  try {
    await once(child.stdout, "data");
    const facts = readProcessFacts(child.pid ?? 0);
    assert.equal(facts?.comm, ") Z 7 (x\n)");
    assert.equal(facts.ppid, process.pid);
    // /proc/uptime and the start are both rounded down.
    assert.ok((facts.startTicks ?? 0) >= before - 1 && (facts.startTicks ?? 0) <= uptimeTicks() + 1);
  } finally {
    await ended(child);
  }
  assert.equal(readProcessFacts(child.pid ?? 0), undefined);
});

test("withProcess reads nothing of who gets the number later", async () => {
  const child = spawn("sleep", ["60"]);
  let read: (() => string | undefined) | undefined;
  const exit = once(child, "exit");
  withProcess(child.pid ?? 0, "/", (folder) => {
    assert.ok(readProcStart(`${folder}/stat`, 100)?.startsWith(`${child.pid} (`));
    read = () => readProcStart(`${folder}/stat`, 100);
    child.kill("SIGKILL");
    // Node reaps it in a later turn of its loop: until then it is a zombie, and has a folder.
    for (let round = 0; round < 500 && existsSync(`/proc/${child.pid}/exe`); round += 1)
      spawnSync("sleep", ["0.01"]);
    assert.equal(existsSync(`/proc/${child.pid}/exe`), false);
  });
  await exit;
  assert.equal(read?.(), undefined);
});

test("readProcessFacts leaves out what lacks a right, and what is not there", () => {
  const stat = (text: string) => fixtureRoot({ "proc/7/stat": text });
  const rest = `${"0 ".repeat(17)}12345 0`;
  using bare = stat(`7 (a b) S 1 ${rest}`);
  assert.deepEqual(readProcessFacts(7, bare.path), {
    pid: 7,
    ppid: 1,
    comm: "a b",
    startTicks: 12345,
    exe: undefined,
    cgroup: undefined,
    netns: undefined,
    uid: undefined,
  });
  for (const text of ["", "7", "7 (", ") 7 (", "7 (a) S", "7 (a) S x y", "\0".repeat(100_000)]) {
    using broken = stat(text);
    assert.equal(readProcessFacts(7, broken.path), undefined);
  }
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 31, 8])
    assert.equal(readProcessFacts(pid, bare.path), undefined);
});

test("ticksOf rounds nanoseconds as /proc/PID/stat does", () => {
  assert.equal(ticksOf(0n), 0);
  assert.equal(ticksOf(123_459_999_999n), 12_345);
  assert.equal(ticksOf(2n ** 63n), 922_337_203_685);
});

test("seesHostPids and seesHostCgroups compare with the first namespaces", () => {
  const names = (...of: string[]) =>
    of.map((name) => spawnSync("readlink", [`/proc/self/ns/${name}`], { encoding: "utf8" }).stdout.trim());
  assert.deepEqual(
    [seesHostPids(), seesHostCgroups()],
    [names("pid")[0] === "pid:[4026531836]", names("cgroup")[0] === "cgroup:[4026531835]"],
  );
  using empty = fixtureRoot();
  assert.deepEqual([seesHostPids(empty.path), seesHostCgroups(empty.path)], [undefined, undefined]);
});
