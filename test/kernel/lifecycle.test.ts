/** How runs start and end: by signals, counts, time, closed pipes, missing rights. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../../src/errors.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { MAIN, RunningCommand, runCommand } from "../cli/command-line.ts";
import { patient, SLOWNESS } from "../patience.ts";
import { checkIdentity } from "./identity.ts";
import { resets, Storm } from "./storm.ts";

/** A guest in software emulation is slower by a factor. */
const LIMIT = { timeout: patient(30_000) };
/**
 * From the signal to the end of the process: 500 ms are promised, and twice that is allowed on a loaded
 * machine.
 */
const END_MS = 1000 * SLOWNESS;

function traceServer(hosts: Hosts, ...words: readonly string[]): RunningCommand {
  return new RunningCommand(["--netns", String(hosts.server.inode), "--no-stack", ...words]);
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  test(`${signal} ends a quiet run with a summary`, LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    await using command = traceServer(hosts);
    await command.attached();
    const { code, ms } = await command.end(signal);
    assert.equal(code, EXIT.done);
    assert(ms < END_MS, `ended after ${Math.round(ms)} ms`);
    checkIdentity(command.stderr);
  });

test("SIGINT ends a run in a storm of drops", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = traceServer(hosts, "--format", "json");
  await command.attached();
  await using _storm = new Storm(hosts);
  await waitFor(() => (command.stdout.length > 100_000 ? true : undefined), "The storm's drops");
  const { code, ms } = await command.end("SIGINT");
  assert.equal(code, EXIT.done);
  assert(ms < END_MS, `ended after ${Math.round(ms)} ms`);
  const { shown } = checkIdentity(command.stderr);
  // Whole rows only: at the end, the run does not wait for a slow reader, and the last row may be cut.
  const rows = command.stdout
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith('{"type":"drop"'));
  assert.equal(rows.length, shown, "what was shown is on stdout, and nothing else");
  if (!command.stdout.includes('{"type":"summary"'))
    assert.match(command.stderr, /the last \d+ bytes were not read/);
});

/** Lets a process have a CPU for 10 ms of every 40, as a machine under load does. */
async function starve({ process }: RunningCommand, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    process.kill("SIGSTOP");
    await sleep(30);
    process.kill("SIGCONT");
    await sleep(10);
  }
}

test("SIGINT ends a run in a storm on a machine that gives it a quarter of a CPU", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = traceServer(hosts, "--format", "json");
  await command.attached();
  await using _storm = new Storm(hosts);
  await waitFor(() => (command.stdout.length > 100_000 ? true : undefined), "The storm's drops");
  let isOver = false;
  const starved = starve(command, () => isOver);
  await sleep(200);
  const { code, ms } = await command.end("SIGINT");
  isOver = true;
  await starved;
  assert.equal(code, EXIT.done);
  // Beside a test that makes a storm it gets still less.
  assert(ms < 1.5 * END_MS, `ended after ${Math.round(ms)} ms`);
  checkIdentity(command.stderr);
});

test("SIGINT ends a run whose reader has stalled, and reports what was not taken", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = traceServer(hosts, "--format", "json");
  await command.attached();
  command.process.stdout?.pause();
  hosts.injectAll(resets(0, 3000));
  await waitFor(
    () => ((command.process.stdout?.readableLength ?? 0) > 0 ? true : undefined),
    "The first rows",
  );
  command.process.kill("SIGINT");
  await waitFor(() => (command.stderr.includes("seen ") ? true : undefined), "The summary");
  command.process.stdout?.resume();
  const { code } = await command.end();
  assert.equal(code, EXIT.done);
  checkIdentity(command.stderr);
  assert.match(command.stderr, /the last \d+ bytes were not read/);
});

test("a reader that goes away ends a run quietly", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  // PIPESTATUS is its first element: how tcpdrop ended.
  const script = 'timeout -k 1 15 "$@" | head -1; exit $PIPESTATUS';
  await using command = new RunningCommand(["--netns", String(hosts.server.inode), "--no-stack"], "bash", [
    "-c",
    script,
    "bash",
    process.execPath,
    MAIN,
  ]);
  await command.attached();
  await using _storm = new Storm(hosts);
  const { code } = await command.end();
  assert.equal(code, EXIT.done);
  assert.equal(command.stdout.split("\n").length, 2, `one line: ${command.stdout}`);
  assert.doesNotMatch(command.stderr, /EPIPE|Error|at .*\.js/);
});

test("--count ends a run after exactly that many drops", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = traceServer(hosts, "--format", "json", "--count", "3");
  await command.attached();
  hosts.injectAll(resets(0, 10));
  const { code } = await command.end();
  assert.equal(code, EXIT.done);
  assert.equal(command.stdout.split("\n").filter((line) => line.startsWith('{"type":"drop"')).length, 3);
  assert.equal(checkIdentity(command.stderr).shown, 3);
});

test("--duration ends a run by itself", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = traceServer(hosts, "--duration", "300ms");
  await command.attached();
  const { code, ms } = await command.end();
  assert.equal(code, EXIT.done);
  assert(ms < 300 + END_MS, `ended after ${Math.round(ms)} ms`);
  checkIdentity(command.stderr);
});

test("-4 with -6 is a usage error", () => {
  const { status, stdout, stderr } = runCommand("-4", "-6");
  assert.equal(status, EXIT.usage);
  assert.equal(stdout, "");
  assert.match(stderr, /-4 and -6/);
});

test("without rights a run ends with their names", LIMIT, async () => {
  await using command = new RunningCommand([], "setpriv", [
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--bounding-set=-all",
    "--inh-caps=-all",
    process.execPath,
    MAIN,
  ]);
  const { code } = await command.end();
  assert.equal(code, EXIT.notPermitted, command.stderr);
  assert.match(command.stderr, /CAP_BPF/);
  assert.match(command.stderr, /CAP_PERFMON/);
  assert.equal(command.stdout, "");
});
