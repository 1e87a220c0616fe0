/** What the kernel remembers of sockets that are closed before anybody looks. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ADDRESS, Hosts } from "../../src/lab/hosts.ts";
import { SYN, segmentToServer } from "../../src/lab/segments.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { Holding, OwnedDrops } from "./owned.ts";
import { nftRule } from "./scenarios/rules.ts";

/** A process of Node calls itself as its first thread does. */
const NODE = readFileSync("/proc/self/comm", "utf8").trimEnd();
const LIMIT = { timeout: patient(40_000) };

describe("with a memory", () => {
  let hosts: Hosts;
  let drops: OwnedDrops;
  let inside: Holding;

  beforeEach(async () => {
    hosts = new Hosts(libcSyscalls);
    inside = new Holding(hosts.server, []);
    drops = await OwnedDrops.open({ netns: [hosts.client.inode, hosts.server.inode] }, "process", true);
  });
  afterEach(() => {
    inside[Symbol.dispose]();
    drops[Symbol.dispose]();
    hosts[Symbol.dispose]();
  });

  /** Runs a script in a process of its own in a namespace, to its end; its pid. */
  async function run(host: "client" | "server", script: string): Promise<number> {
    const child = hosts[host].inside(() =>
      spawn(process.execPath, ["-e", `const net = require("node:net"); ${script}`], { stdio: "inherit" }),
    );
    await once(child, "exit");
    assert.equal(child.exitCode, 0);
    return child.pid ?? 0;
  }

  test("a SYN to a port whose listener has ended is told with that one", LIMIT, async (t) => {
    if (drops.lookup.problems().length > 0) return t.skip(drops.lookup.problems().join());
    const port = hosts.newPort();
    const pid = await run(
      "server",
      `net.createServer().listen(${port}, "${ADDRESS.server[4]}", () => process.exit());`,
    );
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN });
    const { owner } = await drops.event(({ flow }) => flow?.dport === port, "The SYN");
    assert.deepEqual(
      [owner?.by, owner?.certainty, owner?.process?.pid, owner?.process?.comm],
      ["former_listener", "possible", pid, NODE],
    );
  });

  test("what an orphan sends is told with who closed it", LIMIT, async (t) => {
    if (drops.lookup.problems().length > 0) return t.skip(drops.lookup.problems().join());
    const port = hosts.newPort();
    const listener = hosts.listen(4, port);
    // All that the client sends after the handshake.
    nftRule(
      hosts.client,
      "inet",
      "filter hook output",
      `tcp dport ${port} tcp flags & (fin | psh) != 0 drop`,
    );
    const pid = await run(
      "client",
      `const s = net.connect(${port}, "${ADDRESS.server[4]}", () => s.write("hello", () => process.exit()));`,
    );
    // Sent again by a socket that nobody has any more.
    const { owner } = await drops.event(
      ({ flow, identity }) => flow?.dport === port && identity?.isOrphan === true,
      "What the orphan sends",
    );
    assert.deepEqual(
      [owner?.by, owner?.certainty, owner?.process?.pid, owner?.process?.comm],
      ["remembered", "likely", pid, NODE],
    );
    listener[Symbol.dispose]();
  });
});
