/**
 * Inside TCP an skb has no device, only the index of the one on which it arrived: filters and events still
 * know its name.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KernelTypes } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { tcpUsesTracepoint } from "../../src/capture/kinds/drop/drop-hook.ts";
import { parseFilter } from "../../src/index.ts";
import type { Family, Hosts } from "../../src/lab/hosts.ts";
import { PSH_ACK, RST_ACK, segmentToServer } from "../../src/lab/segments.ts";
import { PATHS, type Path } from "../../src/lab/topology.ts";
import type { DropFacts } from "../drop-facts.ts";
import { patient } from "../patience.ts";
import { Tracing, type TracingOptions } from "./tracing.ts";

const LIMIT = { timeout: patient(30_000) };
const skip = tcpUsesTracepoint(new KernelTypes(openKernelBtf()))
  ? false
  : "what TCP itself drops has no tracepoint on this kernel: since Linux 5.18";
const FAMILIES: readonly Family[] = [4, 6];

/** A trace of the server's namespace alone, with this filter; harmless drops are shown too. */
const traced = (filter: string, path: Path, more: TracingOptions = {}): Promise<Tracing> =>
  Tracing.open({
    watch: ["server"],
    path,
    all: true,
    filter: parseFilter(filter),
    refusedSyns: false,
    ...more,
  });

/** Makes TCP itself drop data, which acknowledges bytes from before the connection. */
async function dropInTcp(hosts: Hosts, family: Family): Promise<{ readonly sport: number }> {
  const port = hosts.newPort();
  const { clientPort, clientSeq, serverSeq } = await hosts.establish(family, port);
  hosts.inject({
    ...segmentToServer(family, clientPort, port),
    seq: clientSeq,
    ack: (serverSeq - 1_000_000_000) >>> 0,
    flags: PSH_ACK,
    payload: Buffer.from("blind"),
  });
  return { sport: clientPort };
}

/** A drop that a filter with "port 1" shows, a port that is surely closed. */
function mark(hosts: Hosts): { readonly clientPort: number } {
  const clientPort = hosts.newPort();
  hosts.inject({ ...segmentToServer(4, clientPort, 1), seq: 1, flags: RST_ACK });
  return { clientPort };
}

const isOf =
  ({ sport }: { readonly sport: number }) =>
  (drop: DropFacts): boolean =>
    drop.sport === sport && drop.flags?.includes("PSH") === true;

describe("the interface of segments that TCP itself drops", { skip }, () => {
  for (const path of PATHS)
    for (const family of FAMILIES)
      test(`${path}, IPv${family}: iface NAME shows it, by its name`, LIMIT, async () => {
        const device = path === "loopback" ? "lo" : "srv0";
        await using tracing = await traced(`iface ${device}`, path);
        const made = await dropInTcp(tracing.hosts, family);
        const drop = await tracing.expectEvent(isOf(made), "The drop");
        assert.equal(drop.ifname, device);
        await tracing.finish();
      });

  for (const path of PATHS)
    test(`${path}: not iface NAME leaves it out`, LIMIT, async () => {
      const device = path === "loopback" ? "lo" : "srv0";
      await using tracing = await traced(`port 1 or not iface ${device}`, path);
      for (const family of FAMILIES) await dropInTcp(tracing.hosts, family);
      // A later drop is shown, so these have been seen.
      const { clientPort } = mark(tracing.hosts);
      await tracing.expectEvent((drop) => drop.sport === clientPort, "The mark");
      const { totals } = await tracing.finish();
      assert.equal(totals.shown, 1);
      assert.ok(totals.filtered >= FAMILIES.length, `${totals.filtered} filtered`);
    });

  test("has its name at the drop, not its name when the trace began", LIMIT, async () => {
    await using tracing = await traced("iface other0", "veth");
    const { server } = tracing.hosts;
    await dropInTcp(tracing.hosts, 4);
    server.run("ip", ["link", "set", "srv0", "down"]);
    server.run("ip", ["link", "set", "srv0", "name", "other0"]);
    server.run("ip", ["link", "set", "other0", "up"]);
    server.run("ip", ["-6", "addr", "add", "2001:db8::2/64", "dev", "other0", "nodad"]);
    const made = await dropInTcp(tracing.hosts, 4);
    assert.equal((await tracing.expectEvent(isOf(made), "The drop")).ifname, "other0");
    assert.equal((await tracing.finish()).totals.shown, 1);
  });

  for (const [filter, others, ifname, what] of [
    ["iface srv0", 7, "srv0", "found"],
    ["iface srv0", 8, undefined, "not found, and shown"],
    ["not iface srv0", 8, undefined, "not found, and shown"],
    ["not (iface srv0 or class copy)", 8, undefined, "not found, and shown by what user space asks"],
  ] as const)
    test(`${filter}: after ${others} others in the kernel's list it is ${what}`, LIMIT, async () => {
      await using tracing = await traced(filter, "veth");
      const { server } = tracing.hosts;
      const index = Number(/^(\d+):/.exec(server.run("ip", ["-o", "link", "show", "srv0"]))?.[1]);
      // The list has all devices whose index has the same remainder, newest first.
      const lines = Array.from(
        { length: others },
        (_unused, at) => `link add index ${index + 256 * (at + 1)} name extra${at} type bridge\n`,
      );
      server.run("ip", ["-batch", "-"], lines.join(""));
      const made = await dropInTcp(tracing.hosts, 4);
      const drop = await tracing.expectEvent(isOf(made), "The drop");
      assert.deepEqual([drop.ifname, drop.ifindex], [ifname, index]);
    });
});
