/**
 * One process of the owners' load (owner-load.ts starts it, in the traced namespace): it opens connections at a
 * steady rate, sends a byte on each, which a rule drops, and resets each after its life. It writes down when it
 * had which port: the truth that answers are compared with.
 */
import { writeFileSync } from "node:fs";
import { addressBytes, CLIENT, SERVER } from "../src/lab/hosts.ts";
import type { OwnedFd } from "../src/sys/fd.ts";
import { SOL_SOCKET } from "../src/sys/macros.ts";
import { connectTcp, localPort, sendBytes, setOption } from "../src/sys/sockets.ts";
import { SO_LINGER } from "../test/lab/macros.ts";
import type { HeldPort, LoadOfOne } from "./owner-load.ts";

const ONE_BYTE = Buffer.from("x");
/** struct linger, asm-generic/socket.h: on, for 0 seconds: close() resets the connection. */
const RESET = new Uint8Array(Int32Array.of(1, 0).buffer);
const TURN_MS = 5;

interface Open {
  readonly fd: OwnedFd;
  readonly port: number;
  readonly openedNs: bigint;
}

const load = JSON.parse(process.argv[2] ?? "") as LoadOfOne;
// "0" is the writer: cgroups(7).
if (load.cgroupProcs !== undefined) writeFileSync(load.cgroupProcs, "0");
const open: Open[] = [];
const held: HeldPort[] = [];

process.on("message", () => void run());
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function run(): Promise<void> {
  const everyMs = 1000 / load.perSecond;
  const endMs = performance.now() + load.seconds * 1000;
  let nextMs = performance.now() + Math.random() * everyMs;
  for (let nowMs = performance.now(); nowMs < endMs; nowMs = performance.now()) {
    for (; nextMs <= nowMs; nextMs += everyMs) connect();
    closeOld(load.lifeMs);
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
  closeOld(0);
  writeFileSync(load.file, JSON.stringify(held));
  process.send?.("done");
}

function connect(): void {
  const openedNs = process.hrtime.bigint();
  const fd = connectTcp(
    { address: addressBytes(4, SERVER), port: load.port },
    { address: addressBytes(4, CLIENT), port: 0 },
  );
  // On loopback the handshake is over; where it is not, nothing is sent and nothing dropped.
  sendBytes(fd, ONE_BYTE);
  open.push({ fd, port: localPort(fd), openedNs });
}

function closeOld(lifeMs: number): void {
  const before = process.hrtime.bigint() - BigInt(lifeMs * 1e6);
  let first = open[0];
  for (; first !== undefined && first.openedNs <= before; first = open[0]) {
    setOption(first.fd, SOL_SOCKET, SO_LINGER, RESET);
    first.fd[Symbol.dispose]();
    held.push([first.port, String(first.openedNs), String(process.hrtime.bigint())]);
    open.shift();
  }
}
