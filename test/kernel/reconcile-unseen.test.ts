/**
 * Drops without an event explain the kernel's counters too: only totals were asked for, rows were limited, or
 * they were not read.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RunningCommand } from "../cli/command-line.ts";
import { patient } from "../patience.ts";
import { resets } from "./storm.ts";

const LIMIT = { timeout: patient(30_000) };
const MADE = 2000;
/** A ring of few pages. */
const LOSSY = ["--buffer", "4K", "--stacks", "none"];

/** Ends the command after making the drops; returns its messages. */
async function traced(words: readonly string[], checksumRight: boolean): Promise<string> {
  using hosts = new Hosts(libcSyscalls);
  await using command = new RunningCommand([
    "--reconcile",
    ...["--netns", String(hosts.server.inode), ...words],
  ]);
  await command.attached();
  hosts.injectAll([...resets(0, MADE)].map((segment) => ({ ...segment, checksumRight })));
  const { code } = await command.end("SIGINT");
  assert.equal(code, EXIT.done, command.stderr);
  return command.stderr;
}

for (const words of [
  ["--summary"],
  ["--sample", "1/100"],
  ["--max-events", "10/s"],
  ["--count", "20"],
  LOSSY,
  [],
])
  test(`tcpdrop ${words.join(" ")}: every rise is explained, whatever was shown`, LIMIT, async () => {
    const said = await traced(words, false);
    for (const name of ["TcpInErrs", "TcpInCsumErrors"])
      assert.match(said, new RegExp(`^${name} +${MADE} +${MADE} +0 {2}${MADE} TCP_CSUM$`, "m"));
    assert.doesNotMatch(said, /of unknown reason/);
  });

for (const words of [["--summary"], ["--sample", "1/100"], ["--count", "20"]])
  test(`tcpdrop ${words.join(" ")}: drops that no counter counts are listed completely`, LIMIT, async () => {
    const said = await traced(words, true);
    assert.match(said, new RegExp(`^No counter counts: ${MADE} NO_SOCKET$`, "m"));
    assert.doesNotMatch(said, /nothing was dropped|of unknown reason/);
  });
