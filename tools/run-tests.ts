/**
 * Runs test files as `node --test` does, and says at the end what failed, which files took longest, and how many tests
 * passed in all.
 *
 *     node dist/tools/run-tests.js [REGEXP]    all tests, or the files whose name matches; as root, because those in
 *                                              test/ create network namespaces
 *
 * What works alike beside another test runs two files at a time. The others measure time, use up or count what the
 * whole machine has, or share a port: one file after another.
 */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { spec, tap } from "node:test/reporters";
import { TestTally } from "./test-tally.ts";

const DIST = join(import.meta.dirname, "..");

/** Of the tests in `test/`, those that run two at a time; all in src/ and tools/ do. The longest stand first. */
const TOGETHER = [
  "test/kernel/scenarios/scenarios",
  "test/kernel/doc-examples",
  "test/cli/commands",
  "test/kernel/slow-scenes",
  "test/kernel/owner-sockets",
  "test/kernel/interface-names",
  "test/kernel/refused-syns",
  "test/kernel/filter-examples",
  "test/kernel/filter-expressions",
  "test/kernel/owner-filters",
  "test/kernel/filters",
  "test/kernel/owner-section",
  "test/kernel/scenes",
  "test/kernel/packet-bytes",
  "test/kernel/closed-listener",
  "test/kernel/tcpdump-flags",
  "test/kernel/examples",
  "test/kernel/named-netns",
  "test/kernel/owner-netns",
  "test/kernel/socket-cookie",
  "test/kernel/packet-socket",
  "test/kernel/tcp-drop",
  "test/kernel/process-facts",
  "test/kernel/filter-too-long",
  "test/kernel/options",
  "test/kernel/scenarios/counters",
  "test/kernel/scenarios/coverage",
  "test/cli/output-files",
  "test/cli/bundled",
  "test/cli/config",
  "test/cli/filter",
  "test/cli/filter-file",
  "test/cli/secret-settings",
  "test/incidents/answers",
  "test/incidents/check",
  "test/matrix/report",
  "test/matrix/table",
  "test/bench/report",
].map((name) => join(DIST, `${name}.test.js`));

function testsIn(folder: string): readonly string[] {
  return readdirSync(join(DIST, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.js"))
    .map((file) => join(DIST, folder, file))
    .toSorted();
}

async function runFiles(candidates: readonly string[], concurrency: number): Promise<void> {
  const files = candidates.filter((file) => wanted.test(relative(DIST, file)));
  if (files.length === 0) return;
  tally.begin();
  const stream = run({ files, concurrency });
  stream.on("test:complete", (completed) => tally.complete(completed));
  stream.on("test:diagnostic", ({ message, nesting }) => {
    if (nesting === 0) tally.message(message);
  });
  stream.compose(tap).pipe(process.stdout, { end: false });
  let said = "";
  for await (const chunk of stream.compose(new spec())) said += String(chunk);
  tally.spec(said);
}

const wanted = new RegExp(process.argv[2] ?? "");
const tally = new TestTally((file) => relative(DIST, file));
const inTest = testsIn("test");
const unknown = TOGETHER.filter((file) => !inTest.includes(file));
if (unknown.length > 0) throw new Error(`These tests are not there: ${unknown.join(", ")}`);
await runFiles([...TOGETHER, ...testsIn("src"), ...testsIn("tools")], 2);
await runFiles(
  inTest.filter((file) => !TOGETHER.includes(file)),
  1,
);
process.stdout.write(tally.toString());
process.exitCode = tally.good ? 0 : 1;
