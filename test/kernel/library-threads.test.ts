/**
 * Traces in worker threads, each test in a process of its own: what goes wrong there ends the whole process.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { isMainThread, Worker } from "node:worker_threads";
import { openTrace, parseFilter } from "../../src/index.ts";
import { Netns } from "../../src/lab/netns.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { connectTcp } from "../../src/sys/sockets.ts";
import { patient } from "../patience.ts";
import type { WorkerRequest } from "./trace-in-worker.ts";

const PORT = 13;
const SCENE = "TCPDROP_TEST_THREADS";

/** SYNs to a port where nobody listens: one drop each. */
function drop(count: number): void {
  for (let index = 0; index < count; index += 1)
    connectTcp({ address: Uint8Array.of(127, 0, 0, 1), port: PORT })[Symbol.dispose]();
}

/** A worker that has attached, and what it has said since. */
async function startWorker(request: Omit<WorkerRequest, "port">): Promise<[Worker, string[]]> {
  const workerData: WorkerRequest = { port: PORT, ...request };
  const worker = new Worker(new URL("./trace-in-worker.js", import.meta.url), { workerData });
  const said: string[] = [];
  worker.on("message", (message: string) => said.push(message));
  await once(worker, "message");
  return [worker, said];
}

const SCENES: Readonly<Record<string, () => Promise<void>>> = {
  "a trace in a worker and one in the main thread see the same drops": async () => {
    const [worker, said] = await startWorker({ count: 3, exits: false });
    await using trace = await openTrace({
      filter: parseFilter(`dst port ${PORT}`),
      count: 3,
      stacks: "none",
    });
    const exited = once(worker, "exit");
    drop(3);
    const seen: string[] = [];
    for await (const { kind } of trace) seen.push(kind);
    await exited;
    assert.deepEqual(seen, ["drop", "drop", "drop", "summary"]);
    assert.deepEqual(said, ["attached", ...seen]);
  },
  "two workers at once": async () => {
    const workers = await Promise.all([1, 2].map(() => startWorker({ count: 2, exits: false })));
    const exited = workers.map(([worker]) => once(worker, "exit"));
    drop(2);
    await Promise.all(exited);
    for (const [, said] of workers) assert.deepEqual(said, ["attached", "drop", "drop", "summary"]);
  },
  "process.exit() in a worker that traces ends that worker alone": async () => {
    for (let round = 0; round < 3; round += 1) {
      const [worker] = await startWorker({ count: 2, exits: true });
      const exited = once(worker, "exit");
      drop(2);
      assert.deepEqual(await exited, [5]);
    }
  },
  "terminate() of a worker that traces ends that worker alone": async () => {
    for (let round = 0; round < 3; round += 1) {
      const [worker, said] = await startWorker({ count: 100, exits: false });
      drop(1);
      while (said.length < 2) await once(worker, "message");
      // It waits for more.
      await new Promise((resolve) => setTimeout(resolve, 200));
      const ended = worker.terminate();
      drop(1);
      await ended;
    }
  },
};

const scene = SCENES[process.env[SCENE] ?? ""];
if (scene !== undefined && isMainThread) await scene();
else
  describe("a trace in worker threads", () => {
    for (const name of Object.keys(SCENES))
      test(name, { timeout: patient(60_000) }, async () => {
        using netns = Netns.create(libcSyscalls);
        netns.run("ip", ["link", "set", "lo", "up"]);
        const child = netns.inside(() =>
          spawn(process.execPath, [import.meta.filename], {
            env: { ...process.env, [SCENE]: name, NODE_TEST_CONTEXT: undefined },
            stdio: ["ignore", "pipe", "pipe"],
          }),
        );
        const ended = once(child, "close");
        const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
        assert.deepEqual([await ended, stdout, stderr], [[0, null], "", ""]);
      });
  });
