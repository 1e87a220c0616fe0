/**
 * Runs test files as `node --test` does, and says at the end what failed, which files took longest, and how many tests
 * passed in all.
 *
 *     node dist/tools/run-tests.js       all tests; as root, because those in test/ create network namespaces
 *
 * What works alike beside another test runs two files at a time. The others measure time, count what the whole machine
 * has, or share a port: one file after another.
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
  "test/kernel/filter-examples",
  "test/cli/output-files",
  "test/cli/bundled",
  "test/cli/config",
  "test/cli/filter",
  "test/cli/filter-file",
  "test/cli/secret-settings",
  "test/kernel/filter-too-long",
  "test/kernel/scenarios/counters",
  "test/kernel/scenarios/coverage",
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

async function runFiles(files: readonly string[], concurrency: number): Promise<void> {
  tally.begin();
  const stream = run({ files: [...files], concurrency });
  stream.on("test:complete", (completed) => tally.complete(completed));
  stream.on("test:diagnostic", ({ message, nesting }) => {
    if (nesting === 0) tally.message(message);
  });
  stream.compose(tap).pipe(process.stdout, { end: false });
  let said = "";
  for await (const chunk of stream.compose(new spec())) said += String(chunk);
  tally.spec(said);
}

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
