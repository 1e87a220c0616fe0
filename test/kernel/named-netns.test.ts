/** `ip netns add` makes a bind mount: its name must lead to the inode number, and back. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { test } from "node:test";
import { parseNetnsArgument } from "../../src/host/netns.ts";
import { ipNetnsNames } from "../../src/host/owner/netns-name.ts";

test("--netns NAME finds a namespace made by ip netns", () => {
  const name = `tcpdrop-test-${process.pid}`;
  assert.equal(spawnSync("ip", ["netns", "add", name]).status, 0);
  try {
    assert.equal(parseNetnsArgument(name), statSync(`/run/netns/${name}`).ino);
  } finally {
    assert.equal(spawnSync("ip", ["netns", "del", name]).status, 0);
  }
});

test("ipNetnsNames has what people named, and not what container runtimes did", () => {
  const people = `tcpdrop-test-${process.pid}`;
  const runtimes = ["cni-0a1b2c3d-0000-1111-2222-333344445555", "0a1b2c3d4e5f"];
  const added: string[] = [];
  try {
    for (const name of [people, ...runtimes])
      if (spawnSync("ip", ["netns", "add", name]).status === 0) added.push(name);
    assert.deepEqual(added, [people, ...runtimes]);
    const names = ipNetnsNames();
    assert.equal(names.get(statSync(`/run/netns/${people}`).ino), people);
    for (const name of runtimes) assert.equal(names.get(statSync(`/run/netns/${name}`).ino), undefined);
  } finally {
    for (const name of added) spawnSync("ip", ["netns", "del", name]);
  }
});
