/** What the command line prints without tracing. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { findEnum, openKernelBtf } from "../../src/btf/index.ts";
import { DOC_PAGES } from "../../src/cli/doc-pages.ts";
import { flagsOf } from "../../src/cli/flags.ts";
import { EXIT } from "../../src/errors.ts";
import { REASONS } from "../../src/reasons.ts";
import { MAIN, runCommand } from "./command-line.ts";

test("--help shows every flag and command, on stdout", () => {
  const { status, stdout, stderr } = runCommand("--help");
  assert.equal(status, EXIT.done);
  assert.equal(stderr, "");
  for (const { flags } of flagsOf("trace")) assert(stdout.includes(flags), `${flags} in: ${stdout}`);
  for (const command of ["demo", "doctor", "explain", "reconcile", "completion", "help", "version"])
    assert.match(stdout, new RegExp(`^  ${command}\\b`, "m"));
});

test("--version is the package's", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  for (const flag of ["--version", "-V", "version"]) assert.equal(runCommand(flag).stdout, `${version}\n`);
});

const WRONG: readonly (readonly [title: string, words: readonly string[], says: RegExp])[] = [
  [
    "an unknown option",
    ["--frobnicate"],
    /^tcpdrop: --frobnicate is not an option of tcpdrop\ntcpdrop --help lists/,
  ],
  [
    "an unknown command",
    ["frobnicate"],
    /"frobnicate" is no command, and begins no filter\n {2}frobnicate\n {2}\^~{9}\n.*or a command: demo, doctor, explain, reconcile, completion, help, version/,
  ],
  ["a command that is written wrongly", ["docter"], /Did you mean doctor/],
  [
    "an invalid filter",
    ["tcp", "port", "80", "or", "htp"],
    /"htp" is no port\n {2}tcp port 80 or htp\n {17}\^~~\n.*Did you mean port http/,
  ],
  [
    "a filter that does not apply to drops",
    ["ether", "host", "1:2:3:4:5:6"],
    /Filters of drops have no ether: link-layer headers/,
  ],
  [
    "an incomplete filter",
    ["multicast"],
    /Only the IP address says whether a packet is multicast\n {2}multicast\n {2}\^~{8}\nDid you mean ip multicast/,
  ],
  ["a filter that accepts nothing", ["--explain-filter", "udp"], /accepts no drop/],
  [
    "a reason that this kernel lacks",
    ["--explain-filter", "reason", "NO_SOKET"],
    /Did you mean reason NO_SOCKET/,
  ],
  ["two filters", ["--filter", "ip", "port", "80"], /a filter and --filter are two filters/],
  ["a file that is not there", ["-F", "/nowhere"], /Cannot read the filter from \/nowhere/],
  ["an explanation of nothing", ["--explain-filter"], /needs a filter/],
  [
    "totals with a filter that the kernel cannot evaluate",
    ["--summary", "class", "loss"],
    /With totals only, the filter cannot use what user space evaluates: class loss/,
  ],
  ["an unknown format", ["--format", "xml"], /xml/],
  ["a count of nothing", ["--count", "0"], /-c 0 is not a whole number from 1/],
  ["a duration without a number", ["--duration", "soon"], /--duration soon/],
  ["a buffer that is too small", ["--buffer", "1"], /--buffer 1/],
  [
    "an unknown option of a command",
    ["doctor", "--frobnicate"],
    /^tcpdrop: --frobnicate is not an option of tcpdrop doctor\ntcpdrop doctor --help lists the options/,
  ],
  ["an option that is written wrongly", ["doctor", "--secnods", "3"], /\nDid you mean --seconds\?/],
  ["an option without its value", ["--count"], /^tcpdrop: -c needs a value\nWrite -c, --count <n>/],
  ["an argument too many", ["doctor", "foo"], /^tcpdrop: tcpdrop doctor takes no argument\n/],
  ["help for nothing", ["help", "flter"], /^tcpdrop: There is no help for "flter"\nDid you mean filter/],
  ["code without a filter to explain", ["--program"], /--program shows the code of a filter/],
  ["a flag of a trace before a command", ["-4", "demo"], /--ipv4 before demo .*\n.*tcpdrop demo --help/],
  ["one that has a default", ["--format", "table", "doctor"], /--format before doctor/],
  [
    "options that the command does not have",
    ["--no-stack", "--count", "3", "explain", "NO_SOCKET"],
    /--no-stack and --count before explain/,
  ],
  [
    "a format that reconcile lacks",
    ["reconcile", "--format", "bcc"],
    /^tcpdrop: --format bcc is not one of table, json\n/,
  ],
  ["a duration of nothing", ["reconcile", "--duration", "0"], /--duration 0/],
  [
    "a namespace that is not there",
    ["reconcile", "--netns", "1"],
    /no network namespace with the inode number 1/,
  ],
  [
    "a namespace that no inode has",
    ["--netns", "1"],
    /--netns 1: there is no network namespace with the inode number 1/,
  ],
  ["one of two", ["--netns", "pid:self", "--netns", "inode:2"], /with the inode number 2/],
  ["bcc's option with one", ["--netns-id", "3"], /--netns-id 3: there is no network namespace/],
  ["bcc's option with a process", ["--pid-netns", "0"], /--pid-netns 0: "pid:0" names no process/],
  [
    "several namespaces",
    ["reconcile", "--netns", "pid:self", "--netns", "4026531000"],
    /inode number 4026531000/,
  ],
  ["a name that no interface has", ["-i", "longer-than-15-bytes"], /-i longer-than-15-bytes: the name of an/],
  ["a name of a host", ["host", "localhost"], /Did you mean host 127\.0\.0\.1, host ::1, loopback/],
  ["an empty target", ["--for", ""], /--for "" is not a process, unit, container, pod or HOST:PORT/],
  ["a target that is not there", ["--for", "unit:no-such"], /No unit that runs is called "no-such"/],
  [
    "a namespace beside a target that chooses one",
    ["--for", `pid:${process.pid}`, "--netns", "pid:self"],
    /--netns and --for pid:\d+ choose network namespaces both/,
  ],
  [
    "a process that nobody looks for",
    ["--for", `pid:${process.pid}`, "--owners", "cgroup"],
    /nobody looks for this/,
  ],
  ["counters of every namespace", ["--reconcile"], /--reconcile needs exactly one network namespace/],
  [
    "counters of some drops",
    ["--reconcile", "--netns", "pid:self", "port", "80"],
    /--reconcile cannot be combined with a filter: counters are of all drops/,
  ],
  ["a count of nothing", ["-c", "0"], /^tcpdrop: -c 0 is not a whole number from 1 to 2\^53-1\n/],
  [
    "no interval",
    ["--summary", "0"],
    /--summary 0 is not a time from 1ms to 596h, site or owner, .* or the word false\n/,
  ],
  ["an unknown reason", ["explain", "NO_SOKET"], /NO_SOCKET/],
  ["one that is near to none", ["explain", "3abc"], /^[^?]*\ntcpdrop explain lists all of them\.\n$/],
];

for (const [title, words, says] of WRONG)
  test(`${title} is a usage error: tcpdrop ${words.join(" ")}`, () => {
    const { status, stdout, stderr } = runCommand(...words);
    assert.equal(status, EXIT.usage, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /^\s+at /m, "no stack trace for a mistake of usage");
  });

test("help shows what --help does, the help of a command, and every page of the documentation", () => {
  assert.equal(runCommand("help").stdout, runCommand("--help").stdout);
  assert.equal(runCommand("help", "explain").stdout, runCommand("explain", "--help").stdout);
  for (const [topic, heading] of [
    ["filter", "# Filters"],
    ["json", "# Output"],
    ["counters", "# Is every drop"],
    ["performance", "# What it costs"],
  ] as const) {
    const { status, stdout, stderr } = runCommand("help", topic);
    assert.deepEqual([status, stderr], [EXIT.done, ""]);
    assert(stdout.startsWith(`${heading}`), topic);
    assert.doesNotMatch(stdout, /<!--|\]\(/, "plain text");
  }
});

test("every page of the documentation is a topic", () => {
  const files = readdirSync(new URL("../../../docs", import.meta.url)).filter((name) => name.endsWith(".md"));
  assert.deepEqual(Object.values(DOC_PAGES).toSorted(), files.toSorted());
});

test("explain REASON prints what it means and what to do", () => {
  for (const spelling of ["TCP_CSUM", "tcp_csum", "SKB_DROP_REASON_TCP_CSUM"]) {
    const { status, stdout, stderr } = runCommand("explain", spelling);
    assert.equal(status, EXIT.done);
    assert.equal(stderr, "");
    assert.match(stdout, /^TCP_CSUM: loss$/m);
    assert.match(stdout, /^ {2}what to do: \S/m);
    assert.match(stdout, /^ {2}given in: +\S/m);
  }
});

test("explain takes several reasons, ids of variants and numbers of this kernel, and lists the variants", () => {
  const { status, stdout } = runCommand("explain", "no-socket/anything", "TCP_CSUM", "no_socket");
  assert.equal(status, EXIT.done);
  assert.deepEqual(
    [...stdout.matchAll(/^(\S+): (\w+)$/gm)].map(([, name]) => name),
    ["NO_SOCKET", "TCP_CSUM"],
  );
  assert.match(stdout, /^ {2}no-socket\/syn-cookie-accept-queue-full: loss$/m);
  assert.match(stdout, /^ {4}when: +dropped in cookie_v4_check or cookie_v6_check$/m);
  const codes = findEnum(openKernelBtf(), "skb_drop_reason");
  const code = codes?.get("SKB_DROP_REASON_TCP_CSUM");
  if (code === undefined) return;
  assert.equal(runCommand("explain", String(code)).stdout, runCommand("explain", "TCP_CSUM").stdout);
  assert.match(runCommand("explain", "65000").stderr, /no reason of this number/);
});

test("explain --json prints a line for each reason", () => {
  const { status, stdout } = runCommand("explain", "--json", "no_socket", "queue_purge");
  assert.equal(status, EXIT.done);
  const [first, second, ...rest] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual([first.reason, second.reason, rest], ["NO_SOCKET", "QUEUE_PURGE", []]);
  assert.deepEqual([first.type, first.variant, first.class], ["reason", "no-socket", "refused"]);
  const cookie = first.variants.find(
    ({ variant }: { variant: string }) => variant === "no-socket/syn-cookie-accept-queue-full",
  );
  assert.deepEqual([cookie.class, cookie.location], ["loss", ["cookie_v4_check", "cookie_v6_check"]]);
  assert.equal(runCommand("explain", "--format", "json").stdout.trimEnd().split("\n").length, REASONS.length);
});

test("explain prints what a cause of refused SYNs means, in upper or lower case", () => {
  const { status, stdout } = runCommand("explain", "accept_queue_full");
  assert.equal(status, EXIT.done);
  assert.match(stdout, /^ACCEPT_QUEUE_FULL: loss; known from counters, not a drop reason of the kernel$/m);
  assert.match(stdout, /^ {2}counter: +TcpExtListenOverflows /m);
});

test("explain lists every reason, and every cause of refused SYNs", () => {
  const { status, stdout } = runCommand("explain");
  assert.equal(status, EXIT.done);
  assert.equal(stdout.split("\n").filter((line) => line !== "").length, REASONS.length);
});

test("doctor says that this machine can trace", () => {
  const { status, stdout } = runCommand("doctor");
  assert.equal(status, EXIT.done, stdout);
  assert.match(stdout, /^yes +rights to trace/m);
  assert.match(stdout, /^yes +attach /m);
  assert.match(
    stdout,
    /^yes +refused SYNs +(counts of the listening sockets of (1 network namespace|\d+ network namespaces)|each by itself \(fentry\)|each by itself \(kprobe\))$/m,
  );
});

test("doctor lists the tools of the advice that are missing, and what a trace costs", () => {
  const { stdout } = runCommand("doctor");
  assert.match(stdout, /^(yes|no) +tools that advice names +(ss, ip|missing .*\(package )/m);
  assert.match(stdout, /^yes +what it costs +about .* us of CPU a drop/m);
});

test("without sysfs, the error says that it may not be mounted", () => {
  const { status, stderr } = spawnSync(
    "unshare",
    ["--mount", "sh", "-c", 'mount -t tmpfs none /sys && exec "$@"', "sh", process.execPath, MAIN, "-c", "1"],
    { encoding: "utf8" },
  );
  assert.equal(status, EXIT.kernelCannot, stderr);
  assert.match(stderr, /^sysfs is not mounted at \/sys, as in a container: /m);
});

test("doctor --program prints the program, instruction by instruction", () => {
  const { status, stdout, stderr } = runCommand("doctor", "--program");
  assert.equal(status, EXIT.done);
  assert.equal(stderr, "");
  assert(stdout.split("\n").length > 200, "a listing");
  assert.match(stdout, /exit$/m);
  assert.match(stdout, /call .*ringbuf_output/m);
});

test("doctor --program --btf prints the program for another kernel, without reasons and recursion guard", () => {
  const { status, stdout } = runCommand(
    "doctor",
    "--program",
    "--btf",
    fileURLToPath(new URL("../../../test/fixtures/btf/5.10.btf", import.meta.url)),
  );
  assert.equal(status, EXIT.done);
  assert.match(stdout, /guard\.busy/);
  assert.doesNotMatch(stdout, /drop_record\.reason/);
});

test("a trace with another kernel's BTF is a usage error, and so is a missing file", () => {
  const other = runCommand(
    "--btf",
    fileURLToPath(new URL("../../../test/fixtures/btf/6.12.btf", import.meta.url)),
  );
  assert.equal(other.status, EXIT.usage);
  assert.match(other.stderr, /is not this kernel's/);
  const none = runCommand("doctor", "--btf", "/nonexistent/btf");
  assert.equal(none.status, EXIT.usage);
  assert.match(none.stdout, /^no +BTF .*\/nonexistent\/btf.*no such file/m);
  assert.match(none.stderr, /\/nonexistent\/btf.*no such file/is);
  assert.match(none.stderr, /a copy of \/sys\/kernel\/btf\/vmlinux/);
});
