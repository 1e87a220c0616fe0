/** A worker thread that traces one port and reports what it sees; for library-threads.test.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { openTrace, parseFilter } from "../../src/index.ts";

export interface WorkerRequest {
  readonly port: number;
  /** Ends after so many drops. */
  readonly count: number;
  /** Calls process.exit() a while after it has attached. */
  readonly exits: boolean;
}

const EXITS_AFTER_MS = 300;
const { port, count, exits } = workerData as WorkerRequest;
const trace = await openTrace({ filter: parseFilter(`dst port ${port}`), count, stacks: "none" });
parentPort?.postMessage("attached");
if (exits) setTimeout(() => process.exit(5), EXITS_AFTER_MS);
for await (const item of trace) parentPort?.postMessage(item.kind);
