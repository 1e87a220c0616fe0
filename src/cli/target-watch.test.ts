import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fixtureRoot } from "../host/fixture-root.test.kit.ts";
import { addProcess } from "../host/owner/fake-processes.test.kit.ts";
import { stateOf } from "./target-watch.ts";

const INODE = 4_026_532_246;

test("a process is gone when it has ended, and when another one has its number", () => {
  using root = fixtureRoot();
  const life = { kind: "process", pid: 7, startTicks: 70 } as const;
  assert.equal(stateOf(life, root.path), "gone");
  addProcess(root.path, { pid: 7, ppid: 1, startTicks: 70 });
  assert.equal(stateOf(life, root.path), "there");
  assert.equal(stateOf({ ...life, startTicks: 60 }, root.path), "gone");
});

test("a namespace is left when none of the target's processes is in it, gone when nothing leads there", () => {
  using root = fixtureRoot();
  const life = { kind: "netns", inodes: [INODE], pids: [7, 8] } as const;
  assert.equal(stateOf(life, root.path), "gone");
  for (const pid of [8, 9]) enter(root.path, pid, INODE);
  enter(root.path, 7, INODE + 1);
  assert.equal(stateOf(life, root.path), "there", "process 8 is in it");
  for (const pid of [7, 8]) rmSync(join(root.path, `proc/${pid}`), { recursive: true });
  assert.equal(stateOf(life, root.path), "left", "process 9 is in it");
  unlinkSync(join(root.path, "proc/9/ns/net"));
  assert.equal(stateOf(life, root.path), "gone");
});

function enter(root: string, pid: number, inode: number): void {
  const folder = join(root, `proc/${pid}/ns`);
  mkdirSync(folder, { recursive: true });
  symlinkSync(`net:[${inode}]`, join(folder, "net"));
}
