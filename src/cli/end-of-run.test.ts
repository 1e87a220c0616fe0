/** Signals, in a process of its own: how the first and the second end a run that takes long over its end. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

/** A run whose end takes 5 s, 4.9 of which the event loop is busy. */
const SCRIPT = `
  import { endOfRun, endBudget } from ${JSON.stringify(new URL("./end-of-run.js", import.meta.url).href)};
  const ending = endOfRun(undefined);
  setInterval(() => undefined, 1000);
  process.stdout.write("ready\\n");
  await ending.finished;
  await new Promise((resolve) => setTimeout(resolve, Number(process.argv[1])));
  for (const until = performance.now() + Number(process.argv[2]); performance.now() < until; );
  process.stdout.write("ended, by signal: " + (endBudget().leftMs("drain") < 1000) + "\\n");
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
    assert.equal(stdout, "ready\nended, by signal: true\n");
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
  assert.equal(stdout, "ready\nended, by signal: true\n");
});

/** Hangs up on itself, and says what became of it. */
const HANGS_UP = `
  import { endOfRun } from ${JSON.stringify(new URL("./end-of-run.js", import.meta.url).href)};
  const ending = endOfRun(undefined);
  const later = new Promise((resolve) => setTimeout(() => resolve("goes on"), 500));
  process.kill(process.pid, "SIGHUP");
  process.stderr.write(await Promise.race([ending.finished.then(() => "ended"), later]));
  ending.release();
  process.exit(0);`;

test("endOfRun: SIGHUP ends a run on a terminal", () => {
  // Its standard error is the terminal too.
  const { stdout, status } = spawnSync(
    "script",
    ["-qec", 'exec "$NODE" --input-type=module -e "$SCRIPT"', "/dev/null"],
    {
      encoding: "utf8",
      env: { ...process.env, NODE: process.execPath, SCRIPT: HANGS_UP },
    },
  );
  assert.equal(status, 0);
  assert.match(stdout, /ended/);
});

test("endOfRun: SIGHUP ends no run that has no terminal, as under nohup(1) or a service manager", () => {
  const { stderr, status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", HANGS_UP], {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  assert.deepEqual({ stderr, status, signal }, { stderr: "goes on", status: 0, signal: null });
});
