/** `ip netns add` makes a bind mount: its name must lead to the inode number. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { test } from "node:test";
import { parseNetnsArgument } from "../../src/host/netns.ts";

test("--netns NAME finds a namespace made by ip netns", () => {
  const name = `tcpdrop-test-${process.pid}`;
  assert.equal(spawnSync("ip", ["netns", "add", name]).status, 0);
  try {
    assert.equal(parseNetnsArgument(name), statSync(`/run/netns/${name}`).ino);
  } finally {
    assert.equal(spawnSync("ip", ["netns", "del", name]).status, 0);
  }
});
