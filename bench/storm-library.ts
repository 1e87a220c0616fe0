/**
 * The library in a storm: takes every event and ignores it. our-tool.ts starts it.
 *
 *     node dist/bench/storm-library.js NETNS [all | auto | none [BUFFER_BYTES]]
 */
import { openTrace } from "../src/index.ts";
import { formatSummaryWords } from "../src/sinks/words.ts";

const [netns, stacks = "auto", bufferBytes] = process.argv.slice(2);
const abort = new AbortController();
process.once("SIGINT", () => abort.abort());
const trace = await openTrace({
  netns: [Number(netns)],
  stacks: stacks === "all" || stacks === "none" ? stacks : "auto",
  ...(bufferBytes === undefined ? {} : { bufferBytes: Number(bufferBytes) }),
  signal: abort.signal,
});
process.stderr.write("Tracing\n");
for await (const event of trace)
  if (event.kind === "summary") process.stderr.write(formatSummaryWords(event));
