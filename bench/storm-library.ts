/**
 * The library in a storm: takes every event and does nothing with it. storm.ts starts it.
 *
 *     node dist/bench/storm-library.js NETNS [--no-stack]
 */
import { traceDrops } from "../src/index.ts";
import { formatSummaryWords } from "../src/sinks/words.ts";

const abort = new AbortController();
process.once("SIGINT", () => abort.abort());
const events = traceDrops({ netns: [Number(process.argv[2])], stacks: process.argv.includes("--no-stack") ? "none" : "all", signal: abort.signal });
// The first next() attaches before it waits.
const first = events.next();
process.stderr.write("Tracing\n");
await first;
for await (const event of events) if (event.type === "summary") process.stderr.write(formatSummaryWords(event, () => undefined));
