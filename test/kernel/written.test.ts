/**
 * A drop counts as shown only if it was written: to a file all of them, to a pipe those that the reader took.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { addressBytes, CLIENT, Hosts, SERVER } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient, SLOWNESS } from "../patience.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.js");
const DROPS = 300;
/**
 * The last drain takes at most 250 ms: later records are unread. A guest in software emulation is slower by a
 * factor.
 */
const DRAINED_MS = 300 * SLOWNESS;
const LIMIT = { timeout: patient(20_000) };
const RST_ACK = 0x14;

/** Traces `DROPS` drops with stdout at `fd`; returns the numbers of the identity on stderr. */
async function traceInto(fd: number | "pipe"): Promise<{ shown: number; unread: number }> {
  using hosts = new Hosts(libcSyscalls);
  const child = spawn(process.execPath, [MAIN, "--format", "json", "--netns", String(hosts.server.inode)], {
    stdio: ["ignore", fd, "pipe"],
  });
  let words = "";
  await new Promise<void>((resolve) => {
    child.stderr?.on("data", (chunk) => {
      words += String(chunk);
      if (words.includes("Tracing")) resolve();
    });
  });
  const segment = {
    source: addressBytes(4, CLIENT),
    destination: addressBytes(4, SERVER),
    sourcePort: 40_000,
    destinationPort: 81,
    ack: 1,
    flags: RST_ACK,
  };
  hosts.injectAll(Array.from({ length: DROPS }, (_unused, index) => ({ ...segment, seq: index + 1 })));
  await new Promise((resolve) => setTimeout(resolve, DRAINED_MS));
  child.kill("SIGINT");
  await new Promise((resolve) => child.once("exit", resolve));
  child.stdout?.destroy();
  const [, shown, unread] = /shown (\d+).*unread (\d+)/.exec(words) ?? [];
  return { shown: Number(shown), unread: Number(unread) };
}

test("drops written to a file are shown", LIMIT, async () => {
  const folder = mkdtempSync(join(tmpdir(), "tcpdrop-written-"));
  try {
    const path = join(folder, "drops");
    assert.deepEqual(await traceInto(openSync(path, "w")), { shown: DROPS, unread: 0 });
    assert.equal(readFileSync(path, "utf8").match(/"type":"drop"/g)?.length, DROPS);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("drops that a reader did not take are unread, not shown", LIMIT, async () => {
  const { shown, unread } = await traceInto("pipe");
  assert.equal(shown + unread, DROPS);
  assert(unread > 0, "a pipe that nobody reads holds 64 KiB");
});
