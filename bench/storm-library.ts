/**
 * The library in a storm: takes every event and ignores it. our-tool.ts starts it.
 *
 *     node dist/bench/storm-library.js NETNS [all | auto | none [BUFFER_BYTES]]
 */
import { traceDrops } from "../src/index.ts";
import { formatSummaryWords } from "../src/sinks/words.ts";

const [netns, stacks = "auto", bufferBytes] = process.argv.slice(2);
const abort = new AbortController();
process.once("SIGINT", () => abort.abort());
const events = traceDrops({
  netns: [Number(netns)],
  stacks: stacks === "all" || stacks === "none" ? stacks : "auto",
  ...(bufferBytes === undefined ? {} : { bufferBytes: Number(bufferBytes) }),
  signal: abort.signal,
});
// The first next() attaches before it waits.
const first = events.next();
process.stderr.write("Tracing\n");
await first;
for await (const event of events)
  if (event.kind === "summary") process.stderr.write(formatSummaryWords(event, () => undefined));
