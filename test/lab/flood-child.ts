/**
 * The process that makes a flood. flood-process.ts starts it in the server's namespace, with a FloodRequest
 * as its argument.
 */
import { openKernelBtf } from "../../src/btf/index.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { Flood, type FloodRequest } from "./flood.ts";
import type { FromFlood, ToFlood } from "./flood-process.ts";

const request = JSON.parse(process.argv[2] ?? "") as FloodRequest;
const flood = new Flood(libcSyscalls, openKernelBtf(), request);
const report = (message: FromFlood): void => {
  process.send?.(message);
};

process.on("message", (message: ToFlood) => {
  if (message === "stop") flood.stop();
  else void run();
});
// The descriptors of the program and its map end with the process.
process.on("disconnect", () => process.exit());
report({ kind: "ready" });

async function run(): Promise<void> {
  const startedMs = performance.now();
  const sent = await flood.run((made) => report({ kind: "progress", sent: made }));
  report({ kind: "done", sent, tookMs: performance.now() - startedMs, busyMs: flood.busyMs });
}
