/**
 * SIGUSR1 prints totals, SIGQUIT ends with the summary; no signal ever opens Node's debugger, through which
 * any local user could run code as root.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../src/errors.ts";
import { ranMs } from "../../src/host/sleep-time.test.kit.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { checkIdentity } from "../kernel/identity.ts";
import { resets } from "../kernel/storm.ts";
import { FloodProcess } from "../lab/flood-process.ts";
import { patient } from "../patience.ts";
import { RunningCommand } from "./command-line.ts";

const LIMIT = { timeout: patient(60_000) };
const INSTALLED = fileURLToPath(new URL("../../bin/cli/main.cjs", import.meta.url));
/** What Node prints when it opens the debugger, and when that port is in use. */
const DEBUGGER = /Debugger listening|127\.0\.0\.1:9229 failed/;
const TOTALS = /^\d\d:\d\d:\d\d {2}(\d+) drops?, [\d.]+\/s, at \d+ sites?/m;

function saysTotals(command: RunningCommand): Promise<true> {
  return waitFor(() => (TOTALS.test(command.stderr) ? true : undefined), "The totals");
}

test("SIGUSR1 prints the totals so far, and SIGQUIT ends the run with its summary", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = new RunningCommand(["--netns", String(hosts.server.inode), "--format", "json"]);
  await command.attached();
  hosts.injectAll(resets(0, 100));
  await waitFor(() => (command.stdout.split("\n").length > 100 ? true : undefined), "The drops");
  command.process.kill("SIGUSR1");
  await saysTotals(command);
  assert.equal(Number(TOTALS.exec(command.stderr)?.[1]), 100);
  assert.match(command.stderr, /100\.0% .* NO_SOCKET /);
  assert.equal(command.isOver, false);
  const { code } = await command.end("SIGQUIT");
  assert.equal(code, EXIT.done);
  assert.equal(checkIdentity(command.stderr).shown, 100);
  assert.doesNotMatch(command.stderr, DEBUGGER);
});

test("SIGUSR1 prints the totals of reconcile and of demo", LIMIT, async () => {
  for (const words of [["reconcile", "--duration", "1h"], ["demo"]]) {
    await using command = new RunningCommand(words);
    await command.attached();
    command.process.kill("SIGUSR1");
    await saysTotals(command);
    const { code } = await command.end("SIGQUIT");
    assert.equal(code, EXIT.done, command.stderr);
    assert.doesNotMatch(command.stderr, DEBUGGER);
  }
});

/**
 * Waits until a process has had a CPU for so long, or has ended: how far it is in its start, whatever the load
 * of the machine.
 */
async function hasRun(child: ChildProcess, ms: number): Promise<void> {
  const { pid } = child;
  assert(pid !== undefined);
  await waitFor(() => {
    if (child.exitCode !== null || child.signalCode !== null) return true;
    return ranMs(pid) >= ms ? true : undefined;
  }, `${ms} ms of CPU time`);
}

/** Sends SIGUSR1 after this many milliseconds of CPU time; returns what happened. */
async function signalledAt(ms: number, words: readonly string[]): Promise<{ how: string; stderr: string }> {
  const child = spawn(INSTALLED, words, { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const ended = new Promise<string>((resolve) => {
    child.on("close", (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  await hasRun(child, ms);
  child.kill("SIGUSR1");
  return { how: await ended, stderr };
}

for (const [words, everyMs] of [
  [["--version"], 3],
  [["doctor"], 10],
] as const)
  test(`SIGUSR1 opens no debugger at any moment of a start: tcpdrop ${words.join(" ")}`, LIMIT, async () => {
    let taken = 0;
    for (let ms = 0; ms < 90; ms += everyMs) {
      const { how, stderr } = await signalledAt(ms, words);
      assert.doesNotMatch(stderr, DEBUGGER, `after ${ms} ms`);
      // Before Node has started, the signal ends the process like any other.
      assert(how === "exit 0" || how === "SIGUSR1", `after ${ms} ms: ${how} ${stderr}`);
      if (how === "exit 0") taken += 1;
    }
    assert(taken > 3, `${taken} of the signals were taken`);
  });

test("a debugger that Node opened before our first statement is closed: node main.cjs", LIMIT, async () => {
  let opened = 0;
  for (let ms = 6; ms < 60 && opened < 2; ms += 6) {
    // In a namespace of its own: the only sockets there are those of this process.
    const script = 'ip link set lo up && exec "$@"';
    const words = [process.execPath, INSTALLED, "--duration", "30s", "--no-listeners"];
    const child = spawn("unshare", ["--net", "sh", "-c", script, "sh", ...words], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    const { pid } = child;
    assert(pid !== undefined);
    await waitFor(() => (commandOf(pid) === process.execPath ? true : undefined), "Node");
    await hasRun(child, ms);
    child.kill("SIGUSR1");
    const ended = new Promise<void>((resolve) => void child.on("close", () => resolve()));
    await Promise.race([ended, waitFor(() => (stderr.includes("Tracing") ? true : undefined), "The trace")]);
    if (DEBUGGER.test(stderr)) {
      opened += 1;
      await waitFor(() => listeningIn(pid).length === 0 || undefined, `The end of the debugger: ${stderr}`);
    }
    child.kill("SIGKILL");
    await ended;
  }
  assert(opened > 0, "Node opened one");
});

function commandOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0];
}

/** Lines of /proc/net/tcp. */
function listeningIn(pid: number): readonly string[] {
  const LISTEN = "0A";
  return readFileSync(`/proc/${pid}/net/tcp`, "utf8")
    .split("\n")
    .filter((line) => line.trim().split(/\s+/)[3] === LISTEN);
}

test("SIGUSR1 opens no debugger in the process that makes a flood", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  const before = new Set(childrenOfThis());
  await using flood = await FloodProcess.start(hosts, { count: 1000 });
  const [child] = childrenOfThis().filter((pid) => !before.has(pid));
  assert(child !== undefined);
  process.kill(child, "SIGUSR1");
  flood.go();
  assert.equal((await flood.done()).sent, 1000);
  await sleep(200);
  assert.deepEqual(listeningIn(child), []);
});

function childrenOfThis(): readonly number[] {
  return readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}
