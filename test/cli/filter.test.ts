/** Filters on the command line, as people write them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MAIN, runCommand } from "./command-line.ts";

const FROM_FILE = "# the web\ntcp port 80 # and\nor 443\n";

function fromFile(
  content: string,
  words: (path: string) => readonly string[],
): ReturnType<typeof runCommand> {
  const folder = mkdtempSync(join(tmpdir(), "tcpdrop-filter-"));
  try {
    const path = join(folder, "filter");
    writeFileSync(path, content);
    return runCommand(...words(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the same filter as words, as one word, as --filter, and from a file", () => {
  const explained = [
    runCommand("--explain-filter", "tcp", "port", "80", "or", "443"),
    runCommand("tcp port 80 or 443", "--explain-filter"),
    runCommand("--filter", "tcp port 80 or 443", "--explain-filter"),
    fromFile(FROM_FILE, (path) => ["-F", path, "--explain-filter"]),
    spawnSync(process.execPath, [MAIN, "--explain-filter", "-F", "-"], {
      encoding: "utf8",
      input: FROM_FILE,
    }),
  ];
  for (const { stdout, stderr, status } of explained)
    assert.deepEqual([stdout, stderr, status], [explained[0]?.stdout, "", 0]);
});

test("--explain-filter shows the tree and the plan, with --program the instructions with names", () => {
  const { stdout } = runCommand(
    "--explain-filter",
    "--program",
    "port 443 or 80 and class loss and iface eth0 and not not tcp",
  );
  assert.match(
    stdout,
    /^parsed\n {2}and\n {4}or\n {6}port 443\n {6}port 80\n {4}class loss\n {4}iface eth0\n/,
  );
  assert.match(stdout, /\nsimplified\n {2}and\n {4}port 80 or port 443\n {4}class loss\n {4}iface eth0\n\n/);
  assert.match(stdout, /^ {2}kernel, early +port 80 or port 443$/m);
  assert.match(stdout, /^ {2}kernel, late +iface eth0$/m);
  assert.match(stdout, /^ {2}user space +class loss$/m);
  assert.match(
    stdout,
    /^filter_early:\n(.*\n)+? *\d+: r9 = be16 r9 +; sport\n *\d+: if r9 == 80 goto \d+\n/m,
  );
  assert.match(stdout, /device\.ifname\[0\]/);
  const short = runCommand("--explain-filter", "port 443").stdout;
  assert.match(short, /^\d+ BPF instructions in the kernel: --program shows them$/m);
  assert.doesNotMatch(short, /filter_early/);
  assert(short.split("\n").length < 20, short);
});

test("--explain-filter says which maps a long list takes, and does not show all of it", () => {
  const list = Array.from(
    { length: 10_000 },
    (_unused, index) => `10.${index >> 8}.${index & 255}.0/24`,
  ).join("\nor ");
  const { stdout, status } = fromFile(`src net ${list}`, (path) => ["-F", path, "--explain-filter"]);
  assert.equal(status, 0);
  assert.match(stdout, /^ {2}kernel, maps +networks4_0: 10000 prefixes$/m);
  assert.match(stdout, /or \.\.\. 10000 in all/);
  assert(stdout.length < 10_000, `${stdout.length} characters`);
});

test("an error in a filter file has the number of its line", () => {
  const { stderr, status } = fromFile("port 80\nor prot 443\n", (path) => ["-F", path]);
  assert.equal(status, 2);
  assert.match(
    stderr,
    /"prot" is no port \(\/\S+\/filter\)\n {2}line 2: or prot 443\n {13}\^~~~\n.*Did you mean (port|proto),/,
  );
});

/** What bash offers after these words. */
function completed(script: string, ...words: readonly string[]): readonly string[] {
  const list = ["tcpdrop", ...words].map((word) => `'${word}'`).join(" ");
  const { stdout, stderr } = spawnSync(
    "bash",
    [
      "-c",
      `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length}; _tcpdrop; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    { encoding: "utf8" },
  );
  assert.equal(stderr, "");
  return stdout.trim().split("\n");
}

test("completion offers commands, flags, primitives, reasons of this kernel, states, and interfaces", () => {
  const { stdout: script, status } = runCommand("completion");
  assert.equal(status, 0);
  assert.deepEqual(completed(script, "do"), ["doctor"]);
  assert.deepEqual(completed(script, "--explain"), ["--explain-filter"]);
  assert.deepEqual(completed(script, "port", "80", "and", "rea"), ["reason"]);
  assert.deepEqual(completed(script, "reason", "NO_SOCK"), ["NO_SOCKET"]);
  assert.deepEqual(completed(script, "state", "SYN_"), ["SYN_SENT", "SYN_RECV"]);
  assert.deepEqual(completed(script, "src", "port"), ["port", "portrange"]);
  assert.deepEqual(completed(script, "--format", "t"), ["table"]);
  assert(completed(script, "iface", "l").includes("lo"));
  assert(completed(script, "demo", "--").includes("--no-stack"));
  assert(!completed(script, "demo", "--").includes("--filter"));
  assert.deepEqual(completed(script, "--ver"), ["--version"]);
  assert.deepEqual(completed(script, "doctor", "--he"), ["--help"]);
  assert.deepEqual(completed(script, "help", "fil"), ["filter"]);
  assert.deepEqual(completed(script, "ver"), ["version"]);
  assert(completed(script, "-i", "l").includes("lo"));
  assert(!completed(script, "reconcile", "--").includes("--filter"));
  assert.deepEqual(completed(script, "portrange", ""), [""]);
  const directory = mkdtempSync(join(tmpdir(), "tcpdrop-"));
  try {
    writeFileSync(join(directory, "a b.txt"), "");
    assert.deepEqual(completed(script, "-F", `${directory}/a`), [`${directory}/a b.txt`]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("--explain-filter shows what the kernel learns of owners, and its program has it", () => {
  const { stdout, status } = runCommand("--explain-filter", "port 443 and (class loss and unit nginx)");
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^ {2}kernel, prefilter for the rest +unit nginx$/m);
  assert.match(stdout, /^ {2}kernel, answers it learns +unit nginx$/m);
  assert.match(stdout, /^\d+ BPF instructions in the kernel: --program shows them$/m);
});
