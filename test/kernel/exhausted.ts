/**
 * A trace in a process that runs out of descriptors, for refused-exhausted.test.ts: prints the result as
 * JSON. The first argument says whether descriptors become available again before the end.
 */
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openTrace, type SummaryNotice, type TraceItem } from "../../src/index.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RLIMIT_NOFILE } from "../lab/macros.ts";
import { counter, overfill, refusedEvents, sum } from "./refused.ts";

/** Two rounds of the watch. */
const ROUNDS_MS = 2300;
const recovers = process.argv[2] === "recovers";

using hosts = new Hosts(libcSyscalls);
const port = hosts.newPort();
hosts.listen(4, port, 0);
await using trace = await openTrace({ netns: [hosts.server.inode], refusedSyns: "counted" });
const events: TraceItem[] = [];
const read = (async () => {
  for await (const event of trace) events.push(event);
})();
overfill(hosts, 4, port);
const listenDrops = counter(hosts.server, "ListenDrops");
// A low limit, so that they are used up immediately.
libcSyscalls.setrlimit(RLIMIT_NOFILE, 256n, 256n);
const taken: number[] = [];
try {
  for (;;) taken.push(openSync("/dev/null", "r"));
} catch {
  await sleep(ROUNDS_MS);
}
const reported = sum(refusedEvents(events));
if (recovers) {
  for (const fd of taken) closeSync(fd);
  await sleep(ROUNDS_MS);
}
const summary: SummaryNotice = await trace.end();
await read;
const { refusedSyns } = summary.totals;
process.stdout.write(JSON.stringify({ taken: taken.length, listenDrops, reported, refusedSyns }));
