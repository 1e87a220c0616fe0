import assert from "node:assert/strict";
import { test } from "node:test";
import { wayInto } from "./netns-way.ts";

test("wayInto enters by the name that ip netns knows, else by a process, else not", () => {
  const name = ["/proc/7/ns/net", "/run/netns/web"];
  assert.deepEqual(wayInto(name, false), { name: "web", enter: ["ip", "netns", "exec", "web"] });
  assert.deepEqual(wayInto(["/proc/7/ns/net"], false), {
    name: undefined,
    enter: ["nsenter", "-t", "7", "-n"],
  });
  assert.deepEqual(wayInto(["/proc/7/fd/9"], false), { name: undefined, enter: undefined });
  assert.deepEqual(wayInto([], false), { name: undefined, enter: undefined });
});

test("wayInto needs no way into the own namespace, and still names it", () => {
  assert.deepEqual(wayInto(["/run/netns/own"], true), { name: "own", enter: [] });
  assert.deepEqual(wayInto([], true), { name: undefined, enter: [] });
});

test("wayInto takes no name that would be an option or a path, and none of another folder", () => {
  for (const path of ["/run/netns/-x", "/run/netns/a/b", "/var/run/netns/web", "/run/netns/"])
    assert.deepEqual(wayInto([path], false), { name: undefined, enter: undefined });
  assert.equal(wayInto(["/root/run/netns/web"], false, "/root").name, "web");
});
