/** What is not asked for is counted as filtered, and never shown. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CLIENT_MAC, SERVER_MAC, waitFor } from "../../src/lab/hosts.ts";
import { SCENES, type Scene } from "../../src/lab/scenes.ts";
import { Tracing, type TracingOptions } from "./tracing.ts";

/** An IPv4 frame whose IP header says version 0: nobody can tell whose connection it was. */
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
  { title: "IPv4 alone", options: { family: 4 }, unwanted: scene("closed-port-v6"), wanted: scene("closed-port-v4") },
  { title: "IPv6 alone", options: { family: 6 }, unwanted: scene("closed-port-v4"), wanted: scene("closed-port-v6") },
  { title: "the server's namespace alone", options: { watch: ["server"] }, unwanted: scene("route-lost-v4"), wanted: scene("closed-port-v4") },
  { title: "the client's namespace alone", options: { watch: ["client"] }, unwanted: scene("closed-port-v4"), wanted: scene("route-lost-v4") },
];

for (const { title, options, unwanted, wanted } of CASES)
  test(`${title}: ${wanted.name} is shown, ${unwanted.name} is filtered`, { timeout: 15_000 }, async () => {
    await using tracing = new Tracing(options);
    await unwanted.run(tracing.hosts);
    const expected = await wanted.run(tracing.hosts);
    await tracing.expectEvent(({ reason, ip }) => reason === expected.reason && ip === expected.family, expected.reason);
    const { totals } = await tracing.finish();
    assert.deepEqual(
      tracing.drops.map(({ reason, ip, netns }) => ({ reason, ip, netns })),
      [{ reason: expected.reason, ip: expected.family, netns: tracing.hosts[expected.host].inode }],
    );
    assert(totals.filtered >= 1, "the unwanted one was seen, and counted");
  });

for (const { watch, counted } of [
  { watch: ["server"], counted: { undecodable: 1 } },
  { watch: ["client"], counted: { undecodable: 0 } },
] as const)
  test(`a packet that cannot be read is counted where it was dropped, the server: ${watch.join()} watched`, { timeout: 15_000 }, async () => {
    await using tracing = new Tracing({ watch });
    const { server } = tracing.hosts;
    const headerErrors = (): string | undefined =>
      server
        .run("nstat", ["-sz", "IpInHdrErrors"])
        .split(/\s+/)
        .find((word) => word === "1");
    tracing.hosts.injectFrames([UNREADABLE]);
    await waitFor(headerErrors, "The drop");
    const { totals } = await tracing.finish();
    assert.deepEqual({ undecodable: totals.undecodable }, counted);
    assert.equal(totals.shown, 0);
  });
