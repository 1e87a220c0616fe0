import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fixtureRoot } from "./fixture-root.test.kit.ts";
import { netnsPresence } from "./netns-presence.ts";

const own = statSync("/proc/self/ns/net").ino;
const OTHER = 0xffff_ff00;

function link(root: string, target: string, path: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  symlinkSync(target, join(root, path));
}

test("netnsPresence finds a namespace by a name, by a process and by a descriptor", () => {
  for (const path of ["run/netns/blue", "proc/7/ns/net", "proc/7/fd/9"]) {
    using root = fixtureRoot({ "proc/.keep": "", "run/netns/.keep": "" });
    link(root.path, path.startsWith("proc") ? `net:[${own}]` : "/proc/self/ns/net", path);
    assert.equal(netnsPresence(own, root.path), "present", path);
    assert.equal(netnsPresence(OTHER, root.path), "absent", path);
  }
});

test("netnsPresence knows what no namespace's inode number can be", () => {
  for (const inode of [1, 4096, 0xefff_ffef]) assert.equal(netnsPresence(inode), "absent");
  assert.equal(netnsPresence(own), "present");
});

test("netnsPresence does not say absent where something could not be looked at", () => {
  using root = fixtureRoot({ "proc/.keep": "" });
  // A link to itself: ELOOP for whoever follows it, root too.
  link(root.path, "fd", "proc/7/fd");
  assert.equal(netnsPresence(OTHER, root.path), "unknown");
});

test("netnsPresence finds what a descriptor of this process holds", () => {
  const fd = openSync("/proc/self/ns/net", "r");
  using root = fixtureRoot();
  link(root.path, `/proc/${process.pid}/fd`, `proc/${process.pid}/fd`);
  assert.equal(netnsPresence(own, root.path), "present");
  closeSync(fd);
});
