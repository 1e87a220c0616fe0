/**
 * A module that is loaded while a trace runs: its functions are named correctly, and not after a function of
 * a module at lower addresses.
 *
 * Only on a machine without a loaded bridge module: nothing is unloaded, except in a guest of the matrix.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { RST_ACK, segmentToServer } from "../../src/lab/segments.ts";
import { patient } from "../patience.ts";
import { Tracing } from "./tracing.ts";

const MODULES = "/proc/modules";
const MODULE = "bridge";

/** Unloads it, in a guest only. */
function isLoaded(): boolean {
  if (process.env["guest_tests"] !== undefined) spawnSync("modprobe", ["-r", MODULE]);
  return readFileSync(MODULES, "latin1").includes(`${MODULE} `);
}

const skip = !existsSync(MODULES)
  ? "this kernel has no modules (CONFIG_MODULES)"
  : isLoaded() && `${MODULE} is loaded already, and others may use it`;

test("functions of a module loaded after the trace began have their names", {
  skip,
  timeout: patient(60_000),
}, async () => {
  await using tracing = await Tracing.open({
    watch: ["server"],
    stacks: "all",
    all: true,
    refusedSyns: false,
  });
  const { hosts } = tracing;
  const drop = (port: number): void =>
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: RST_ACK });
  // Reads the symbols, and keeps the names of the loaded modules.
  drop(1);
  await tracing.expectEvent(({ dport }) => dport === 1, "A drop before the module is loaded");
  // A port of a bridge that is down accepts nothing.
  hosts.server.run("ip", ["-batch", "-"], `link add br0 type ${MODULE}\nlink set srv0 master br0\n`);
  assert.ok(readFileSync(MODULES, "latin1").includes(`${MODULE} `), "ip has loaded it");
  const isNamed = tracing.expectEvent(
    ({ dport, location }) => dport === 2 && /^br_handle_frame\+0x.* \[bridge\]$/.test(location),
    "A drop with a name of the module",
  );
  const timer = setInterval(() => drop(2), 100);
  try {
    await isNamed;
  } finally {
    clearInterval(timer);
  }
  const locations = new Set(tracing.drops.filter(({ dport }) => dport === 2).map(({ location }) => location));
  assert.deepEqual(
    [...locations].filter((location) => !/^0x|^br_handle_frame\+/.test(location)),
    [],
    "no name at all, or the right one",
  );
});
