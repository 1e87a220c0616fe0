/**
 * What a drop costs the kernel, counted: instructions generated and verified, helpers called, bytes sent.
 * Times are too noisy on most machines to show that a change costs more; these counts are the same wherever
 * headers are read directly. If one must rise, give the reason beside the new bound.
 */
import assert from "node:assert/strict";
import { after, describe, type TestContext, test } from "node:test";
import { PLAIN_REQUEST, type ProbeRequest } from "../../src/capture/kinds/drop/request.ts";
import { ReasonNames } from "../../src/enrich/reason-names.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { PSH_ACK, RST_ACK, segmentToServer } from "../../src/lab/segments.ts";
import { DEFAULT_STACKS_PER_SECOND } from "../../src/settings/request.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { CountedProgram, kernelBtf, programSize } from "./counted-program.ts";
import { turn } from "./storm.ts";

const LIMIT = { timeout: 60_000 };
/** Enough that a few foreign drops do not change an average. */
const MADE = 500;
const AT_ONCE = 50;
const CLOSED_PORT = 81;
/** BPF_RINGBUF_HDR_SZ, include/uapi/linux/bpf.h. */
const RING_HEADER_BYTES = 8;
/**
 * Of a record that wants no stack: 184 bytes, and 8 with the lengths of what few records have (the other device of
 * what is forwarded, the outer header of what is in a tunnel), which follows behind.
 */
const FIXED = RING_HEADER_BYTES + 192;
/** Inode, cgroup, namespace, and uid with what kind of socket it is. */
const OWNER_BYTES = 32;
/** A record that wants a stack has its length, and whether it was left out: 4 bytes, and padding to 8. */
const STACK_LENGTH = 8;
/** Frames of a stack here; there are fewer in a driver. */
const FRAMES = 40;

const noSocket =
  [...new ReasonNames(kernelBtf, () => undefined).core].find(([, name]) => name === "NO_SOCKET")?.[0] ?? 0;

/**
 * For every drop: the memory of the CPU, where the site has a slot, and the time. Whether the site is harmless
 * is looked up once a millisecond.
 */
const COUNTED = { map_lookup_elem: 1, ktime_get_boot_ns: 1 };
/** For a drop that is sent: the task, and the copy of the record. */
const SENT = { ...COUNTED, get_smp_processor_id: 1, get_current_task_btf: 1, ringbuf_output: 1 };

interface Kind {
  readonly name: string;
  readonly request: Partial<ProbeRequest>;
  readonly family?: 4 | 6;
  /** A segment of a connection, whose socket is known. */
  readonly connected?: boolean;
  readonly calls: Readonly<Record<string, number>>;
  /** 0 if nothing is sent. */
  readonly mostBytes: number;
}

const KINDS: readonly Kind[] = [
  { name: "IPv4, without its stack", request: { stacks: "none" }, calls: SENT, mostBytes: FIXED },
  { name: "IPv6, without its stack", request: { stacks: "none" }, family: 6, calls: SENT, mostBytes: FIXED },
  {
    name: "of a connection, without its stack",
    request: { stacks: "none" },
    connected: true,
    calls: SENT,
    mostBytes: FIXED,
  },
  {
    name: "of a connection, with its owner",
    request: { stacks: "none", owners: true },
    connected: true,
    calls: SENT,
    mostBytes: FIXED + OWNER_BYTES,
  },
  {
    name: "of a connection, counted by cgroup",
    request: { rows: false, ownerTotals: true },
    connected: true,
    calls: { ...COUNTED, map_lookup_elem: 2 },
    mostBytes: 0,
  },
  {
    name: "with its stack",
    request: { stacks: "all" },
    calls: { ...SENT, get_stack: 1 },
    mostBytes: FIXED + STACK_LENGTH + 8 * FRAMES,
  },
  {
    name: "over the budget of stacks",
    request: { stacks: 1 },
    calls: SENT,
    mostBytes: FIXED + STACK_LENGTH + 8,
  },
  {
    name: "over the limit of rows",
    request: { stacks: "none", maxPerSecond: 1 },
    calls: { ...COUNTED, map_lookup_elem: 2 },
    mostBytes: 1,
  },
  { name: "totals alone", request: { rows: false }, calls: COUNTED, mostBytes: 0 },
  { name: "hidden by its reason", request: { hiddenNormal: [noSocket] }, calls: COUNTED, mostBytes: 0 },
  { name: "of another namespace", request: { netns: [1] }, calls: { map_lookup_elem: 1 }, mostBytes: 0 },
];

const needsDirect = (t: TestContext): void =>
  t.skip("this kernel does not let programs read headers directly: since Linux 6.17");

describe("counted work", () => {
  const hosts = new Hosts(sys);
  after(() => hosts[Symbol.dispose]());

  for (const kind of KINDS)
    test(`${kind.name}: helpers called, and bytes sent`, LIMIT, async (t) => {
      const request = { ...PLAIN_REQUEST, netns: [hosts.server.inode], ...kind.request };
      if (programSize(request) === undefined) return needsDirect(t);
      const segment = await dropped(hosts, kind);
      using program = CountedProgram.open(request);
      const { calls, bytes } = await program.during(MADE, async () => {
        for (let made = 0; made < MADE; made += AT_ONCE) {
          hosts.injectAll(Array.from({ length: AT_ONCE }, () => segment));
          await turn();
        }
      });
      t.diagnostic(`${bytes} bytes; ${JSON.stringify(calls)}`);
      assert.deepEqual(calls, kind.calls);
      assert.ok(bytes <= kind.mostBytes, `${bytes} bytes, and ${kind.mostBytes} at most`);
    });

  // Some 370 of them find out what direction and meaning need beside the reason (the way of what is forwarded, what
  // is inside a tunnel packet from a wire, hints), which most drops jump over; 170 more write that into records.
  for (const [name, request, mostGenerated, mostVerified] of [
    ["totals alone", { rows: false }, 1900, 3300],
    ["without stacks", { stacks: "none" }, 2450, 4000],
    ["with owners", { stacks: "none", owners: true }, 2650, 6000],
    ["with stacks as they come by default", { stacks: DEFAULT_STACKS_PER_SECOND }, 2500, 4100],
  ] as const)
    test(`the program, ${name}: instructions generated, and visited by the verifier`, LIMIT, (t) => {
      const size = programSize({ ...PLAIN_REQUEST, netns: [hosts.server.inode], ...request });
      if (size === undefined) return needsDirect(t);
      t.diagnostic(`${size.generated} generated, ${size.verified} verified`);
      assert.ok(size.generated <= mostGenerated, `${size.generated} generated, and ${mostGenerated} at most`);
      assert.ok(size.verified <= mostVerified, `${size.verified} verified, and ${mostVerified} at most`);
    });
});

/**
 * A segment that the server always drops: a RST to a closed port, or data that acknowledges bytes from before
 * the connection.
 */
async function dropped(hosts: Hosts, { family = 4, connected = false }: Kind) {
  if (!connected) return { ...segmentToServer(family, 40_000, CLOSED_PORT), seq: 1, flags: RST_ACK };
  const { clientPort, serverPort, clientSeq, serverSeq } = await hosts.establish(family, hosts.newPort());
  return {
    ...segmentToServer(family, clientPort, serverPort),
    seq: clientSeq,
    ack: (serverSeq - 1000) >>> 0,
    flags: PSH_ACK,
    payload: Buffer.from("blind"),
  };
}
