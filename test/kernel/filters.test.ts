/** Drops that are not asked for count as filtered, and are never shown. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CLIENT_MAC, SERVER_MAC, waitFor } from "../../src/lab/hosts.ts";
import { SCENES, type Scene } from "../../src/lab/scenes.ts";
import { patient } from "../patience.ts";
import { hasReason } from "./scenarios/reasons.ts";
import { Tracing, type TracingOptions } from "./tracing.ts";

/** An IPv4 frame whose IP header has version 0: its connection is unknown. */
const UNREADABLE = Uint8Array.from([...SERVER_MAC, ...CLIENT_MAC, 8, 0, ...new Uint8Array(60)]);

function scene(name: string): Scene {
  const found = SCENES.find((candidate) => candidate.name === name);
  assert(found !== undefined, name);
  return found;
}

interface Case {
  readonly title: string;
  readonly options: TracingOptions;
  readonly unwanted: Scene;
  readonly wanted: Scene;
}

const CASES: readonly Case[] = [
  {
    title: "IPv4 alone",
    options: { families: 4 },
    unwanted: scene("closed-port-v6"),
    wanted: scene("closed-port-v4"),
  },
  {
    title: "IPv6 alone",
    options: { families: 6 },
    unwanted: scene("closed-port-v4"),
    wanted: scene("closed-port-v6"),
  },
  {
    title: "the server's namespace alone",
    options: { watch: ["server"] },
    unwanted: scene("route-lost-v4"),
    wanted: scene("closed-port-v4"),
  },
  {
    title: "the client's namespace alone",
    options: { watch: ["client"] },
    unwanted: scene("closed-port-v4"),
    wanted: scene("route-lost-v4"),
  },
];

for (const { title, options, unwanted, wanted } of CASES)
  test(`${title}: ${wanted.name} is shown, ${unwanted.name} is filtered`, {
    timeout: patient(15_000),
  }, async () => {
    await using tracing = await Tracing.open(options);
    await unwanted.run(tracing.hosts);
    const expected = await wanted.run(tracing.hosts);
    await tracing.expectEvent(
      (drop) => hasReason(drop, expected.reason) && drop.ip === expected.family,
      expected.reason,
    );
    const { totals } = await tracing.finish();
    assert.deepEqual(
      tracing.drops.map((drop) => ({
        isIt: hasReason(drop, expected.reason),
        ip: drop.ip,
        netns: drop.netns,
      })),
      [{ isIt: true, ip: expected.family, netns: tracing.hosts[expected.host].inode }],
    );
    assert(totals.filtered >= 1, "the unwanted one was seen, and counted");
  });

interface Unreadable {
  readonly title: string;
  readonly frame: Uint8Array;
  readonly options: TracingOptions;
  readonly undecodable: number;
}

const UNREADABLES: readonly Unreadable[] = [
  { title: "the server watched", frame: UNREADABLE, options: { watch: ["server"] }, undecodable: 1 },
  { title: "the client watched", frame: UNREADABLE, options: { watch: ["client"] }, undecodable: 0 },
  { title: "IPv4 wanted", frame: UNREADABLE, options: { families: 4 }, undecodable: 1 },
  { title: "IPv6 wanted", frame: UNREADABLE, options: { families: 6 }, undecodable: 0 },
  { title: "too short for any header", frame: UNREADABLE.subarray(0, 14 + 19), options: {}, undecodable: 0 },
  { title: "just long enough", frame: UNREADABLE.subarray(0, 14 + 20), options: {}, undecodable: 1 },
];

for (const { title, frame, options, undecodable } of UNREADABLES)
  test(`a packet that cannot be read counts ${undecodable} where the server drops it: ${title}`, {
    timeout: patient(15_000),
  }, async () => {
    await using tracing = await Tracing.open(options);
    const { server } = tracing.hosts;
    const headerErrors = (): string | undefined =>
      server
        .run("nstat", ["-sz", "IpInHdrErrors"])
        .split(/\s+/)
        .find((word) => word === "1");
    tracing.hosts.injectFrames([frame]);
    await waitFor(headerErrors, "The drop");
    const { totals } = await tracing.finish();
    assert.equal(totals.undecodable, undecodable);
    assert.equal(totals.shown, 0);
  });

test("drops of unix sockets are not segments", { timeout: patient(30_000) }, async () => {
  await using tracing = await Tracing.open();
  const { server } = tracing.hosts;
  const path = join(tmpdir(), `tcpdrop-unix-${process.pid}`);
  // Closed with an unread message: unix_release_sock() drops it with kfree_skb(), with protocol 0 and no
  // header.
  server.run(process.execPath, [
    "-e",
    `const net = require("node:net");
     const server = net.createServer({ pauseOnConnect: true }, (end) => setTimeout(() => { end.destroy(); server.close(); }, 50));
     server.listen(${JSON.stringify(path)}, () => net.connect(${JSON.stringify(path)}).on("error", () => {}).write("never read"));`,
  ]);
  const expected = await scene("closed-port-v4").run(tracing.hosts);
  await tracing.expectEvent((drop) => hasReason(drop, expected.reason), expected.reason);
  const { undecodableByKind } = await tracing.finish();
  assert.deepEqual(undecodableByKind, {});
});
