/** Signals, in a process of its own: how the first and the second end a run that takes long over its end. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

/** A run whose end takes 5 s, 4.9 of which the event loop is busy. */
const SCRIPT = `
  import { endOfRun, endedBySignal } from ${JSON.stringify(new URL("./end-of-run.js", import.meta.url).href)};
  const ending = endOfRun(undefined);
  setInterval(() => undefined, 1000);
  process.stdout.write("ready\\n");
  await ending.finished;
  await new Promise((resolve) => setTimeout(resolve, Number(process.argv[1])));
  for (const until = performance.now() + Number(process.argv[2]); performance.now() < until; );
  process.stdout.write("ended " + endedBySignal() + "\\n");
  process.exit(0);`;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly ms: number;
}

/** Sends the signals, with so many milliseconds between them. */
async function ended(
  signals: readonly NodeJS.Signals[],
  gapMs: number,
  endMs: readonly [idleMs: number, busyMs: number],
): Promise<Ended> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", SCRIPT, ...endMs.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let stdout = "";
  child.stdout.on("data", (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  await once(child.stdout, "data");
  const gone = once(child, "close") as Promise<[number | null, string | null]>;
  let from = performance.now();
  for (const [at, signal] of signals.entries()) {
    if (at > 0) await sleep(gapMs);
    from = performance.now();
    child.kill(signal);
  }
  const [code, signal] = await gone;
  return { code, signal, stdout, ms: performance.now() - from };
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`endOfRun: ${signal} ends the run, which then ends by itself`, async () => {
    const { code, stdout } = await ended([signal], 0, [200, 100]);
    assert.equal(code, 0);
    assert.equal(stdout, "ready\nended true\n");
  });

  test(`endOfRun: a second ${signal} ends the process at once, also while the event loop is busy`, async () => {
    const { code, signal: by, stdout, ms } = await ended([signal, signal], 800, [300, 9000]);
    assert.deepEqual({ code, by, stdout }, { code: null, by: signal, stdout: "ready\n" });
    assert.ok(ms < 1000, `${ms} ms`);
  });
}

test("endOfRun: the same signal twice within a moment, as timeout(1) sends it, is one", async () => {
  const { code, stdout } = await ended(["SIGTERM", "SIGTERM"], 5, [400, 0]);
  assert.equal(code, 0);
  assert.equal(stdout, "ready\nended true\n");
});
