/**
 * If nobody reads stderr, the run goes on, ends as fast as usual on a signal, and leaves nothing attached.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { programsOf } from "../../bench/process.ts";
import { EXIT } from "../../src/errors.ts";
import { sleepSince } from "../../src/host/sleep-time.test.kit.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { drain, fillPipe, openPipe } from "../../src/out/pipe.test.kit.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { listPrograms } from "../../test/lab/list-programs.ts";
import { Storm } from "../kernel/storm.ts";
import { patient, SLOWNESS } from "../patience.ts";
import { MAIN } from "./command-line.ts";

const LIMIT = { timeout: patient(60_000) };
/**
 * Of sleep, which is what a stalled reader costs; what a loaded machine takes to run it does not count. 500 ms
 * are promised; twice that is allowed, for the kernel too detaches later on a loaded machine.
 */
const END_MS = 1000 * SLOWNESS;

type Stdout = "pipe" | "stderr";

interface Stalled {
  readonly child: ChildProcess;
  /** The unread contents of the stderr pipe. */
  readonly text: () => string;
}

/** A trace whose stderr is a pipe that nobody reads, with `filled` bytes in it. */
async function withStalled(
  stdout: Stdout,
  fill: boolean,
  hosts: Hosts,
  use: (of: Stalled) => Promise<void>,
): Promise<void> {
  using pipe = openPipe();
  if (fill) fillPipe(pipe.writeFd);
  const words = ["--netns", String(hosts.server.inode), "--format", "json"];
  const child = spawn(process.execPath, [MAIN, ...words], {
    stdio: ["ignore", stdout === "stderr" ? pipe.writeFd : "pipe", pipe.writeFd],
  });
  try {
    await use({ child, text: () => drain(pipe.readFd) });
  } finally {
    const over = child.exitCode !== null || child.signalCode !== null;
    if (!over) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
}

/** The ids of its programs, once it is attached. */
function attached({ pid }: ChildProcess): Promise<ReadonlySet<number>> {
  return waitFor(() => {
    const ids = new Set(pid === undefined ? [] : programsNow(pid));
    const held = listPrograms(libcSyscalls).filter(({ id }) => ids.has(id));
    return held.some(({ name }) => name === "tcpdrop_kfree") ? ids : undefined;
  }, "The attachment");
}

/** Empty if a descriptor was closed while it was read. */
function programsNow(pid: number): readonly number[] {
  try {
    return programsOf(pid);
  } catch {
    return [];
  }
}

/** Undefined once the process has gone. */
function valueOrGone(read: () => number): number | undefined {
  try {
    return read();
  } catch (failure) {
    const { code = "" } = failure as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw failure;
  }
}

async function endsBySigterm(child: ChildProcess, programs: ReadonlySet<number>): Promise<void> {
  const { pid } = child;
  assert(pid !== undefined);
  const slept = sleepSince(pid);
  let sleptMs = 0;
  const looks = setInterval(() => {
    sleptMs = valueOrGone(slept) ?? sleptMs;
    // It will not end by itself any more.
    if (sleptMs > 10 * END_MS) child.kill("SIGKILL");
  }, 2);
  child.kill("SIGTERM");
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  clearInterval(looks);
  assert.equal(signal, null, `ended by ${signal} after ${Math.round(sleptMs)} ms of sleep`);
  assert.equal(code, EXIT.done);
  assert(sleptMs < END_MS, `ended after ${Math.round(sleptMs)} ms of sleep`);
  await waitFor(
    () => (listPrograms(libcSyscalls).some(({ id }) => programs.has(id)) ? undefined : true),
    "The end of the programs",
  );
}

test("SIGTERM ends a run whose stderr was full before it began", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await withStalled("pipe", true, hosts, async ({ child }) => {
    let rows = 0;
    child.stdout?.on("data", (bytes: Buffer) => {
      rows += bytes.toString().split('"type":"drop"').length - 1;
    });
    const programs = await attached(child);
    await using _storm = new Storm(hosts);
    await waitFor(() => (rows > 100 ? true : undefined), "The rows, although stderr is stalled");
    await endsBySigterm(child, programs);
  });
});

test("SIGTERM ends a run in a storm whose stdout and stderr are one stalled pipe", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await withStalled("stderr", false, hosts, async ({ child, text }) => {
    const programs = await attached(child);
    await using _storm = new Storm(hosts);
    // Long enough for the pipe to fill, for the ring to overflow, and for lost drops to be reported.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await endsBySigterm(child, programs);
    assert.match(text(), /^Tracing TCP drops/m);
  });
});

test("SIGTERM ends a quiet run whose stdout and stderr are one full pipe", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await withStalled("stderr", true, hosts, async ({ child, text }) => {
    const programs = await attached(child);
    await endsBySigterm(child, programs);
    assert.doesNotMatch(text(), /Tracing|seen/);
  });
});
