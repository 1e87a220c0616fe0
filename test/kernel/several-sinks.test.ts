/** Several outputs of one run: each has its own identity, and a stalled one costs the others nothing. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { Output } from "../../src/out/output.ts";
import { drain, openPipe, pollWritable } from "../../src/out/pipe.test.kit.ts";
import { RowSink } from "../../src/out/row-sink.ts";
import { FileSinks } from "../../src/out/write-files.ts";
import { imbalance } from "../../src/run/ledger.ts";
import { startRun } from "../../src/run/start-run.ts";
import { createSink } from "../../src/sinks/registry.ts";
import { openLive } from "../../src/source/open-live.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { MAIN, RunningCommand, runCommand } from "../cli/command-line.ts";
import { patient } from "../patience.ts";
import { checkIdentity } from "./identity.ts";
import { resets, turn } from "./storm.ts";

const LIMIT = { timeout: patient(30_000) };
const folder = mkdtempSync(join(tmpdir(), "tcpdrop-sinks-"));
after(() => rmSync(folder, { recursive: true }));

const dropLines = (text: string): number => text.match(/"type":"drop"/g)?.length ?? 0;

function rowsOn(name: string, pace: "blocking" | "dropping", fd: number, format: string): RowSink {
  const options = { stack: false, all: false, colour: false, columns: undefined };
  return new RowSink({
    name,
    pace,
    formatter: createSink(format, options),
    output: new Output({ fd, pollWritable, limitBytes: 128 * 1024 }),
  });
}

test("a table, a file and a stalled sink of pace dropping: three true identities", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using read = openPipe();
  using stalled = openPipe();
  const path = join(folder, "beside.ndjson");
  using files = new FileSinks([{ path, name: path }], { all: false });
  const table = rowsOn("table", "blocking", read.writeFd, "table");
  const stuck = rowsOn("stuck", "dropping", stalled.writeFd, "json");
  const live = openLive({ netns: [hosts.server.inode], stacks: "none" });
  await using run = startRun(live.source, { ...live, sinks: [table, ...files.sinks, stuck] });
  const [made, atOnce] = [3000, 250];
  let rows = "";
  for (let from = 0; from < made; from += atOnce) {
    hosts.injectAll(resets(from, atOnce));
    await turn();
    rows += drain(read.readFd);
  }
  await waitFor(() => {
    rows += drain(read.readFd);
    return rows.split("\n").length > made ? true : undefined;
  }, "The table's rows");
  const ended = await run.end();
  const { totals, outputs } = await run.close(ended);
  assert.deepEqual([totals.shown, totals.unread, totals.lost], [made, 0, 0]);
  const [first, second, third] = outputs.map(({ drop }) => drop);
  assert.deepEqual([first?.shown, second?.shown], [made, made]);
  assert.equal(dropLines(readFileSync(path, "utf8")), made);
  assert.ok(third !== undefined && third.unread > 0, "the stalled one lost some");
  // The last row may be cut if the pipe was full: then it counts as unread.
  const whole = drain(stalled.readFd).split("\n").slice(0, -1);
  assert.equal(dropLines(whole.join("\n")), third.shown, "what counts as shown is there to be read");
  for (const { drop, refused } of outputs) assert.deepEqual([imbalance(drop), imbalance(refused)], [0, 0]);
});

test(
  "-w writes NDJSON beside the rows on stdout, and the summary has the numbers of each",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    const [one, two] = [join(folder, "one.ndjson"), join(folder, "two.ndjson")];
    await using command = new RunningCommand([
      ...["--reconcile", "--netns", String(hosts.server.inode), "--no-stack", "-w", one, "-w", two],
    ]);
    await command.attached();
    hosts.injectAll(resets(0, 20));
    await waitFor(() => (command.stdout.split("\n").length > 20 ? true : undefined), "The rows");
    const { code } = await command.end("SIGINT");
    assert.equal(code, EXIT.done, command.stderr);
    assert.equal(checkIdentity(command.stderr).shown, 20);
    for (const path of [one, two]) {
      const lines = readFileSync(path, "utf8").trimEnd().split("\n");
      assert.equal(dropLines(lines.join("\n")), 20);
      assert.match(lines.at(-1) ?? "", /^\{"type":"summary"/);
      assert.match(lines.at(-2) ?? "", /^\{"type":"reconcile"/);
      assert.match(command.stderr, new RegExp(`^${path}: seen \\d+ = shown 20 `, "m"));
    }
  },
);

test("a file that cannot grow loses what follows and says so, and the rows go on", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  const path = join(folder, "small.ndjson");
  await using command = new RunningCommand(
    ["--netns", String(hosts.server.inode), "--no-stack", "-w", path],
    "bash",
    ["-c", 'ulimit -f 8; exec "$@"', "bash", process.execPath, MAIN],
  );
  await command.attached();
  for (let from = 0; from < 400; from += 100) {
    hosts.injectAll(resets(from, 100));
    await turn();
  }
  await waitFor(() => (command.stdout.split("\n").length > 400 ? true : undefined), "The rows");
  const { code } = await command.end("SIGINT");
  assert.equal(code, EXIT.failed);
  assert.match(command.stderr, /small\.ndjson" is not whole: Cannot write the output: .*EFBIG/);
  const [, shown, unread] =
    /^.*small\.ndjson: seen \d+ = shown (\d+) .* unread (\d+) /m.exec(command.stderr) ?? [];
  assert.equal(Number(shown) + Number(unread), 400, command.stderr);
  assert.ok(Number(unread) > 0);
  const whole = readFileSync(path, "utf8").split("\n").slice(0, -1);
  assert.equal(dropLines(whole.join("\n")), Number(shown));
});

test("-w lists the known suffixes, and never writes through a link", () => {
  const unknown = runCommand("-w", join(folder, "x.pcap"));
  assert.equal(unknown.status, EXIT.usage);
  assert.match(unknown.stderr, /the suffix says no format\nKnown suffixes: \.ndjson/);
  const victim = join(folder, "victim");
  const link = join(folder, "link.ndjson");
  writeFileSync(victim, "precious");
  symlinkSync(victim, link);
  const linked = runCommand("-w", link);
  assert.equal(linked.status, EXIT.usage);
  assert.match(linked.stderr, /it is a symbolic link/);
  assert.equal(readFileSync(victim, "utf8"), "precious");
  const twice = runCommand("-w", join(folder, "a.ndjson"), "-w", join(folder, ".", "a.ndjson"));
  assert.match(twice.stderr, /are the same file/);
});
