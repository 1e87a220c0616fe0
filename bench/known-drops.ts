/**
 * Makes a known number of drops at a known rate while `tcpdrop` writes them to a file, and accounts for each
 * by its sequence number.
 *
 *     node dist/bench/known-drops.js [COUNT [PER_SECOND [TCPDROP_OPTION...]]]
 *
 * Needs root. Traffic stays in two network namespaces that vanish with this process.
 */
import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { addressBytes, CLIENT, CLIENT_MAC, Hosts, SERVER, SERVER_MAC } from "../src/lab/hosts.ts";
import { frame } from "../src/lab/packet.ts";
import { libcSyscalls } from "../src/sys/libc.ts";
import { packetSocket, sendBytes } from "../src/sys/sockets.ts";
import { processUsage } from "./process.ts";

const [count = 100_000, perSecond = 20_000] = process.argv.slice(2, 4).map(Number);
const options = process.argv.slice(4);
const RST_ACK = 0x14;
const CLOSED_PORT = 81;
const MS_PER_TICK = 2;

const folder = mkdtempSync(join(tmpdir(), "tcpdrop-bench-"));
const output = join(folder, "drops.ndjson");
using hosts = new Hosts(libcSyscalls);
const child = spawn(
  process.execPath,
  [
    join(import.meta.dirname, "../bin/cli/main.cjs"),
    "--format",
    "json",
    "--netns",
    String(hosts.server.inode),
    ...options,
  ],
  { stdio: ["ignore", openSync(output, "w"), "pipe"] },
);
let words = "";
await new Promise<void>((resolve) => {
  child.stderr?.on("data", (chunk) => {
    words += String(chunk);
    if (words.includes("Tracing")) resolve();
  });
});

const startedMs = performance.now();
const sent = await send();
const tookS = (performance.now() - startedMs) / 1000;
await new Promise((resolve) => setTimeout(resolve, 300));
const usage = processUsage(child.pid ?? 0);
child.kill("SIGINT");
await new Promise((resolve) => child.once("exit", resolve));
const { seen, summary } = await readBack();
rmSync(folder, { recursive: true });

const isExact = seen.size === sent && summary["shown"] === sent;
const verdict = isExact ? "yes" : `NO (${seen.size} distinct, ${String(summary["shown"])} shown)`;
process.stdout.write(
  `made ${sent} drops in ${tookS.toFixed(1)} s (${Math.round(sent / tookS)}/s); each shown once: ${verdict}\n`,
);
process.stdout.write(
  `lost ${String(summary["lost"])}, missed at most ${String(summary["missed"])}; ` +
    `tcpdrop used ${usage.cpuS.toFixed(2)} CPU s (${((usage.cpuS / sent) * 1e6).toFixed(2)} per million), ` +
    `peak RSS ${usage.peakMb.toFixed(0)} MB\n`,
);
process.exitCode = seen.size === sent ? 0 : 1;

/** One batch a tick, paced behind the clock, never ahead of it. */
async function send(): Promise<number> {
  const wire = hosts.client.inside(() => packetSocket("cli0", 0));
  const segment = {
    source: addressBytes(4, CLIENT),
    destination: addressBytes(4, SERVER),
    sourcePort: 40_000,
    destinationPort: CLOSED_PORT,
    ack: 1,
    flags: RST_ACK,
  };
  let made = 0;
  for (const begin = performance.now(); made < count; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - begin) / 1000) * perSecond));
    for (; made < due; made += 1)
      while (sendBytes(wire, frame({ ...segment, seq: made + 1 }, [SERVER_MAC, CLIENT_MAC])) < 0);
    await new Promise((resolve) => setTimeout(resolve, MS_PER_TICK));
  }
  wire[Symbol.dispose]();
  return made;
}

async function readBack(): Promise<{ seen: Set<number>; summary: Record<string, unknown> }> {
  const seen = new Set<number>();
  let summary: Record<string, unknown> = {};
  for await (const line of createInterface({ input: createReadStream(output) })) {
    const object = JSON.parse(line) as Record<string, unknown>;
    if (object["type"] === "drop" && object["dport"] === CLOSED_PORT) seen.add(Number(object["seq"]));
    if (object["type"] === "summary") summary = object;
  }
  return { seen, summary };
}
