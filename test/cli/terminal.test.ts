/** What a run writes to a terminal, provided by script(1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { resets } from "../kernel/storm.ts";
import { patient } from "../patience.ts";
import { MAIN, RunningCommand } from "./command-line.ts";
import { Pty, type PtyOptions } from "./pty.ts";

const LIMIT = { timeout: patient(60_000) };
const TRACING = /^Tracing TCP drops since/m;
const ESCAPE = "\x1b";

/** A trace of the server on a terminal; `behind` stands behind its words, as redirections do. */
function traceOn(hosts: Hosts, words: string, options: PtyOptions = {}, behind = ""): Pty {
  const command = `${process.execPath} ${MAIN} --netns ${hosts.server.inode} ${words} ${behind}`;
  return new Pty(command, options);
}

/** Only the stdout of a run with these words. */
async function stdoutOf(words: string, options: PtyOptions = {}): Promise<string> {
  using hosts = new Hosts(libcSyscalls);
  await using pty = traceOn(hosts, words, options, "2>/dev/null");
  assert.equal(await pty.ended, 0);
  return pty.text.replace(/^\/dev\/pts\/\d+\n/, "");
}

test("--summary --format json writes only JSON lines on a terminal too", LIMIT, async () => {
  const lines = (await stdoutOf("--summary=100ms --format json --duration 350ms"))
    .split("\n")
    .filter((line) => line !== "");
  const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
  assert(types.includes("totals"), types.join());
  assert.equal(types.at(-1), "summary");
});

test("--summary replaces its table on a terminal, and is not printed again at the end", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using pty = traceOn(hosts, "--summary=100ms", { columns: 80, rows: 12 });
  await pty.shows(TRACING);
  hosts.injectAll(resets(0, 50));
  await pty.shows(/^ {1,6}[\d.]+ +50 +100\.0%.*NO_SOCKET/m);
  pty.type("q");
  assert.equal(await pty.ended, 0);
  const tables = pty.text.split(`${ESCAPE}[H${ESCAPE}[J`).slice(1);
  assert(tables.length >= 2);
  for (const table of tables) assert.match(table, /^\d\d:\d\d:\d\d/);
  assert.match(tables.at(-1) ?? "", /^\d\d:\d\d:\d\d {2}50 drops[\s\S]*NO_SOCKET/);
  assert.doesNotMatch(pty.text, /all by site/);
  assert.match(pty.text, /^seen \d+/m);
});

test("TERM=dumb gets no escape sequence, in tables and in rows", LIMIT, async () => {
  const dumb = { env: { TERM: "dumb", NO_COLOR: "" } };
  const tables = await stdoutOf("--summary=100ms --duration 350ms", dumb);
  assert(tables.split(/^\d\d:\d\d:\d\d /m).length >= 3);
  assert(!tables.includes(ESCAPE), tables);
});

test(
  "rows are painted on a terminal, unless NO_COLOR, TERM=dumb or --color says otherwise",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    const cases: readonly (readonly [string, Readonly<Record<string, string>>, boolean])[] = [
      ["", { NO_COLOR: "" }, true],
      ["", { NO_COLOR: "1" }, false],
      ["", { NO_COLOR: "", TERM: "dumb" }, false],
      ["--color never", { NO_COLOR: "" }, false],
      ["--color always", { NO_COLOR: "1" }, true],
    ];
    for (const [words, env, isPainted] of cases) {
      await using pty = traceOn(hosts, words, { env });
      await pty.shows(TRACING);
      hosts.injectAll(resets(0, 1));
      await pty.shows(/NO_SOCKET/);
      await pty.shows(/\ttcp_v4_rcv|\t.*\[2mtcp_v4_rcv/);
      pty.type("q");
      assert.equal(await pty.ended, 0);
      assert.equal(pty.text.includes(`${ESCAPE}[33mNO_SOCKET${ESCAPE}[0m`), isPainted, words);
      assert.equal(pty.text.includes(`\t${ESCAPE}[2mtcp_v4_rcv`), isPainted, "frames are dimmed");
    }
  },
);

test("--color always paints what goes into a pipe, and nothing else changes", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = new RunningCommand([
    "--netns",
    String(hosts.server.inode),
    "--no-stack",
    "--color",
    "always",
    "--count",
    "2",
  ]);
  await command.attached();
  hosts.injectAll(resets(0, 2));
  await command.ended;
  const lines = command.stdout.trimEnd().split("\n");
  assert.equal(lines.length, 3, "rows of a pipe are whole, and each is there");
  assert(lines[1]?.includes(`${ESCAPE}[33mNO_SOCKET${ESCAPE}[0m`), lines[1]);
});

test("columns follow the terminal while it is resized", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using pty = traceOn(hosts, "--no-stack --no-fold", { columns: 80, rows: 24 });
  await pty.shows(TRACING);
  hosts.injectAll(resets(0, 1));
  await pty.shows(/ - \(RST\|ACK\)\n +NO_SOCKET +refused +- +tcp_v4_rcv\S+$/m);
  const from = pty.text.length;
  pty.resize(220, 50);
  const WIDE = /^TIME .* > DADDR.* LOCATION\n.*192\.0\.2\.2:81 .*NO_SOCKET.*tcp_v4_rcv/m;
  // A row may be written before the event loop has seen the signal.
  for (let at = 1; at < 200 && !WIDE.test(pty.text.slice(from)); at += 1) {
    hosts.injectAll(resets(at, 1));
    await sleep(50);
  }
  await pty.shows(WIDE, from);
  pty.type("q");
  assert.equal(await pty.ended, 0);
});

test("equal rows are counted once a second, and all of them are shown", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using pty = traceOn(hosts, "--no-stack", { columns: 120 });
  await pty.shows(TRACING);
  hosts.injectAll(resets(0, 300));
  await pty.shows(
    /^\d\d:\d\d:\d\d x \d+ in the last \S+( s)?: 192\.0\.2\.1:40000 > 192\.0\.2\.2:81 NO_SOCKET refused rx/m,
  );
  pty.type("q");
  assert.equal(await pty.ended, 0);
  const folded = [...pty.text.matchAll(/^\d\d:\d\d:\d\d x (\d+) in the last/gm)].map(([, count]) =>
    Number(count),
  );
  const rows = pty.text.match(/^\d\d:\d\d:\d\d\.\d{6} /gm)?.length ?? 0;
  assert(rows < 10, `${rows} rows`);
  assert.equal(
    folded.reduce((sum, count) => sum + count, rows),
    300,
  );
  assert.match(pty.text, /^seen \d+ = shown 300\b/m);
});

test("--no-fold and --count show each row", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  for (const words of ["--no-fold --count 30", "--count 30"]) {
    await using pty = traceOn(hosts, `--no-stack ${words}`, { columns: 120 });
    await pty.shows(TRACING);
    hosts.injectAll(resets(0, 30));
    assert.equal(await pty.ended, 0);
    assert.equal(pty.text.match(/^\d\d:\d\d:\d\d\.\d{6} /gm)?.length, 30, words);
    assert.equal(pty.text.match(/^TIME /gm)?.length, 3, "the header comes again after a screen of rows");
  }
});

test(
  "the first line says since when, where and with which filter; -q leaves it and the end out",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    {
      await using pty = traceOn(hosts, "-4 --duration 100ms port 81", {
        columns: 80,
        env: { TZ: "Asia/Kathmandu" },
      });
      assert.equal(await pty.ended, 0);
      const line = pty.text.replaceAll("\n  ", " ");
      assert.match(
        line,
        /^Tracing TCP drops since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\+5:45 in network namespace \d+, IPv4 only, filter: port 81\. Keys: s report now, q end\.$/m,
      );
      for (const each of (pty.text.split("\nseen ")[0] ?? "").split("\n")) assert(each.length <= 80, each);
      assert.match(pty.text, /^seen \d+/m);
    }
    await using quiet = traceOn(hosts, "-q --duration 1s", { columns: 80 });
    assert.equal(await quiet.ended, 0);
    assert.match(quiet.text, /^\/dev\/pts\/\d+\n$/);
  },
);

test("--columns chooses the columns, and an error names the nearest", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using pty = traceOn(hosts, "--no-stack --count 1 --columns reason,src,dst,cpu,time", {
    columns: 120,
  });
  await pty.shows(TRACING);
  hosts.injectAll(resets(0, 1));
  assert.equal(await pty.ended, 0);
  assert.match(pty.text, /^REASON +SADDR:SPORT +> DADDR:DPORT +CPU +TIME$/m);
  assert.match(pty.text, /^NO_SOCKET +192\.0\.2\.1:40000 +> 192\.0\.2\.2:81 +\d+ +\d\d:\d\d:\d\d\.\d{6}$/m);
});
