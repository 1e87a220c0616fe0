/** A host with many network namespaces: a trace of all of them still ends at once. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { waitFor } from "../../src/lab/hosts.ts";
import { RunningCommand } from "../cli/command-line.ts";
import { patient, SLOWNESS } from "../patience.ts";

const NAMESPACES = 200;
/** 100 ms are promised, and twice that is allowed where others load the machine. */
const DETACH_MS = 200 * SLOWNESS;

/** `ip netns` with the same command for each of them. */
function all(command: "add" | "del"): void {
  const names = Array.from({ length: NAMESPACES }, (_unused, at) => `tcpdrop-many-${process.pid}-${at}`);
  const input = names.map((name) => `netns ${command} ${name}\n`).join("");
  const { status, stderr } = spawnSync("ip", ["-force", "-batch", "-"], { input, encoding: "utf8" });
  if (command === "add") assert.equal(status, 0, stderr);
}

/** Programs that the process has attached, but for the iterator, which runs when it is read. */
function attached(pid: number): number {
  const folder = `/proc/${pid}/fdinfo`;
  const texts = readdirSync(folder).map((fd) => {
    try {
      return readFileSync(`${folder}/${fd}`, "utf8");
    } catch {
      return "";
    }
  });
  return texts.filter((text) => /^link_type:/m.test(text) && !/^link_type:\titer$/m.test(text)).length;
}

test(`${NAMESPACES} namespaces: a signal detaches within 100 ms, and the run ends with a summary`, {
  timeout: patient(60_000),
}, async () => {
  try {
    all("add");
    await using command = new RunningCommand(["--listeners", "count", "--no-stack"]);
    await command.attached();
    assert(attached(command.pid) > 0);
    // The first regular round.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const startedMs = performance.now();
    const ended = command.end("SIGINT");
    await waitFor(() => (command.isOver || attached(command.pid) === 0 ? true : undefined), "Detaching");
    const ms = performance.now() - startedMs;
    assert(ms < DETACH_MS, `detached after ${Math.round(ms)} ms`);
    const { code } = await ended;
    assert.equal(code, EXIT.done, command.stderr);
    assert.match(command.stderr, /; refused SYNs: (at most |at least |about )?\d+\n/);
  } finally {
    all("del");
  }
});
