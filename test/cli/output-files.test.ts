/** Files that -w and --config name, in complete runs: kept until a trace starts, and what none can be. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { patient } from "../patience.ts";
import { MAIN } from "./command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "tcpdrop-files-"));
after(() => rmSync(folder, { recursive: true }));
const BRIEF = ["--netns", "/proc/self/ns/net", "--no-listeners", "--duration", "50ms"];
const OLD = '{"old":1}\n';
const ESCAPE = "\x1b[2J";

function run(words: readonly string[], stdout: "pipe" | number = "pipe", before: readonly string[] = []) {
  const [program = "", ...rest] = [...before, process.execPath, MAIN, ...words];
  return spawnSync(program, rest, {
    encoding: "utf8",
    timeout: patient(10_000),
    stdio: ["ignore", stdout, "pipe"],
  });
}

function recording(): string {
  const path = join(mkdtempSync(join(folder, "of-")), "keep.ndjson");
  writeFileSync(path, OLD, { mode: 0o600 });
  return path;
}

function fifo(name: string): string {
  const path = join(mkdtempSync(join(folder, "of-")), name);
  execFileSync("mkfifo", [path]);
  return path;
}

for (const [title, words, before] of [
  ["rights are missing", [], ["setpriv", "--bounding-set=-all"]],
  ["the BTF is none", ["--btf", "/etc/hostname"], []],
  ["another file cannot be opened", ["-w", "/nowhere/x.ndjson"], []],
  ["another file is a FIFO", ["-w", fifo("other.ndjson")], []],
] as const)
  test(`a recording is left whole, and no new file behind, where ${title}`, () => {
    const path = recording();
    const other = `${path.slice(0, -".ndjson".length)}-new.ndjson`;
    const { status, stderr } = run(["-w", path, "-w", other, ...words, ...BRIEF], "pipe", before);
    assert.notEqual(status, EXIT.done, stderr);
    assert.equal(readFileSync(path, "utf8"), OLD);
    assert.equal(existsSync(other), false);
  });

test("a recording is replaced once the trace is attached", () => {
  const path = recording();
  const { status, stderr } = run(["-w", path, ...BRIEF]);
  assert.equal(status, EXIT.done, stderr);
  assert.doesNotMatch(readFileSync(path, "utf8"), /old/);
});

test("-w and stdout are not the same file", () => {
  const path = recording();
  const fd = openSync(path, "a");
  try {
    const { status, stderr } = run(["-w", path, ...BRIEF], fd);
    assert.equal(status, EXIT.usage, stderr);
    assert.equal(stderr.split("\n")[0], `tcpdrop: -w "${path}" and stdout are the same file`);
  } finally {
    closeSync(fd);
  }
  assert.equal(readFileSync(path, "utf8"), OLD);
});

test("-w and stderr are not the same file", () => {
  const path = recording();
  const shell = ["sh", "-c", `exec "$@" 2>>'${path}'`, "sh"];
  const { status } = run(["-w", path, ...BRIEF], "pipe", shell);
  assert.equal(status, EXIT.usage);
  const [kept, problem] = readFileSync(path, "utf8").split("\n");
  assert.equal(`${kept}\n`, OLD);
  assert.equal(problem, `tcpdrop: -w "${path}" and stderr are the same file`);
});

test("-w refuses a FIFO that nobody reads, and an empty name", () => {
  const path = fifo("x.ndjson");
  const { status, stderr } = run(["-w", path]);
  assert.equal(status, EXIT.usage, stderr);
  assert.match(stderr, /: it is not a regular file\nName a file /);
  const empty = run(["-w", ""]);
  assert.equal(empty.status, EXIT.usage);
  assert.match(empty.stderr, /^tcpdrop: -w "" is not the name of a file\nFor example: /);
});

test("--config refuses a FIFO at once, and reads /dev/stdin", () => {
  const path = fifo("settings.toml");
  const { status, signal, stderr } = run(["--config", path]);
  assert.deepEqual([status, signal], [EXIT.usage, null], stderr);
  assert.match(stderr, /^tcpdrop: Cannot read the settings from \S+: it is not a regular file\n/);
  const piped = spawnSync(
    "sh",
    ["-c", `echo 'buffer = "x"' | "$0" "$1" --config /dev/stdin`, process.execPath, MAIN],
    {
      encoding: "utf8",
      timeout: patient(10_000),
    },
  );
  assert.match(piped.stderr, /^tcpdrop: buffer = "x" in \/dev\/stdin is not /);
});

for (const [title, words] of [
  ["an unknown option", [`--b${ESCAPE}`]],
  ["a value that is no choice", ["--format", `x${ESCAPE}`]],
  ["-F", ["-F", `/nowhere/${ESCAPE}\nx`]],
  ["--config", ["--config", `/nowhere/${ESCAPE}\nx`]],
  ["--btf", ["--btf", `/nowhere/${ESCAPE}\nx`]],
  ["--btf of --explain-filter", ["--explain-filter", "port", "1", "--btf", `/nowhere/${ESCAPE}\nx`]],
  ["doctor --btf", ["doctor", "--btf", `/nowhere/${ESCAPE}\nx`]],
  ["-w", ["-w", `/nowhere/${ESCAPE}\nx.ndjson`]],
] as const)
  test(`what ${title} names cannot steer the terminal`, () => {
    const { status, stdout, stderr } = run(words);
    assert.ok(status === EXIT.usage || status === EXIT.failed, stderr);
    assert.ok(!(stdout + stderr).includes("\x1b"), stderr);
    assert.doesNotMatch(stdout + stderr, /^x/m);
    assert.ok(stderr.includes("\\x1b[2J") || stderr.includes("?[2J"), stderr);
  });
