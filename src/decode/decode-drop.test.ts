import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { be16, HOST_LITTLE_ENDIAN } from "../bytes/endian.ts";
import { encodeRecord, part } from "../capture/core/encode-record.test.kit.ts";
import { ADDRESS_SOURCE, DIRECTION } from "../capture/core/facts.ts";
import { HOOK, KIND, recordHead } from "../capture/core/record-head.ts";
import { recordLayout } from "../capture/core/record-layout.ts";
import { device } from "../capture/sections/device/device.ts";
import { flow } from "../capture/sections/flow/flow.ts";
import { segment } from "../capture/sections/segment/segment.ts";
import { site } from "../capture/sections/site/site.ts";
import { socket } from "../capture/sections/socket/socket.ts";
import { MAX_FRAMES, STACK, stackSection } from "../capture/sections/stack/stack.ts";
import { task } from "../capture/sections/task/task.ts";
import { verdict } from "../capture/sections/verdict/verdict.ts";
import { DecodeError } from "../errors.ts";
import { DropDecoder } from "./decode-drop.ts";
import type { RawDrop } from "./raw-drop.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000);

const stack = stackSection({ stacks: "all", callersFor: [] }, true) ?? assert.fail("stacks are wanted");
/** What the program writes where all of it is asked for. */
const LAYOUT = recordLayout<never>(KIND.drop, [site, flow, device, task, socket, segment, verdict, stack]);
const SECTIONS = { site, flow, device, task, socket, segment, verdict, stack: STACK } as const;
type ValuesOf<S> = S extends { readonly layout: { encode(values: infer V): unknown } } ? V : never;
type Values = { readonly [K in keyof typeof SECTIONS]?: ValuesOf<(typeof SECTIONS)[K]> } & {
  readonly head?: Parameters<typeof recordHead.encode>[0];
};

const text = (name: string): Uint8Array => new TextEncoder().encode(name);
/** The value as the host reads the bytes that a packet has. */
const be32 = (value: number): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, false);
  return view.getUint32(0, HOST_LITTLE_ENDIAN);
};

/** Of what both have, the second. */
function merge(one: Values, other: Values): Values {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof Values>;
  return Object.fromEntries([...names].map((name) => [name, { ...one[name], ...other[name] }]));
}

/** Frames behind the sections, and nothing further, as the program sends them. */
function record(values: Values, frames: readonly bigint[] = []): Uint8Array {
  const { head = {}, ...sections } = values;
  const tail = new Uint8Array(BigUint64Array.from(frames).buffer);
  const named = Object.entries({ stack: {}, ...sections }) as [keyof typeof SECTIONS, never][];
  return encodeRecord(
    LAYOUT,
    head,
    named.map(([name, given]) =>
      part(SECTIONS[name] as typeof STACK, given, name === "stack" ? tail : undefined),
    ),
  );
}

function decode(bytes: Uint8Array): RawDrop {
  return new DropDecoder(bytes, LAYOUT).decode(0, bytes.length);
}

const FULL: Values = {
  head: { ktimeNs: 0x1234_5678_9abc_def0n, cpu: 3, hook: HOOK.tcp_drop },
  site: { location: 0xffff_ffff_8123_4567n, reason: 0x3_0002, hasReason: 1, copy: 1, ownMac: 1 },
  flow: {
    saddr: Uint8Array.of(192, 0, 2, 1),
    daddr: Uint8Array.of(198, 51, 100, 2),
    dstInput: 0xffff_ffff_8000_0001n,
    sport: be16(443),
    dport: be16(51_234),
    hasPorts: 1,
    ipVersion: 4,
    addressSource: ADDRESS_SOURCE.inner,
    direction: DIRECTION.rx,
  },
  device: { ifname: text("eth0"), ifindex: 4, netnsInum: 0xf000_0000 },
  task: { comm: text("nginx: worker 1"), tid: 101, tgid: 100 },
  socket: { cookie: 77n, state: 1 },
  segment: {
    seq: be32(0xfffe_0102),
    ack: be32(7),
    window: be16(0xfffe),
    tcpFlags: 0x12,
    tcpHeaderLen: 32,
    ipHeaderLen: 20,
    gsoSegs: 2,
    ipTotalLen: 1040,
    l3Len: 1046,
    skbLen: 1500,
    mark: 0xffff_ffff,
  },
  verdict: { bits: 0x8000_0001 },
  stack: { omitted: 1 },
};
const full = (values: Values, frames?: readonly bigint[]): Uint8Array => record(merge(FULL, values), frames);

describe("DropDecoder", () => {
  test("reads every field of a record that has them all", () => {
    assert.deepEqual(decode(record(FULL, [0xffff_ffff_8100_0001n, 0xffff_ffff_8100_0002n])), {
      source: "tcp_drop",
      ktimeNs: 0x1234_5678_9abc_def0n,
      cpu: 3,
      cpuPid: 100,
      cpuTid: 101,
      cpuComm: "nginx: worker 1",
      ip: 4,
      saddr: "192.0.2.1",
      daddr: "198.51.100.2",
      sport: 443,
      dport: 51_234,
      addressSource: "inner",
      direction: "received",
      dstInputLow: 0x8000_0001,
      dstInputHigh: 0xffff_ffff,
      tunnel: true,
      copy: true,
      ownMac: true,
      filterTold: 0x8000_0001,
      stackOmitted: true,
      state: "ESTABLISHED",
      flags: ["SYN", "ACK"],
      seq: 0xfffe_0102,
      ack: 7,
      window: 0xfffe,
      payloadLen: 1040 - 20 - 32,
      skbLen: 1500,
      gsoSegs: 2,
      reasonCode: 0x3_0002,
      locationLow: 0x8123_4567,
      locationHigh: 0xffff_ffff,
      stack: Uint32Array.of(0x8100_0001, 0xffff_ffff, 0x8100_0002, 0xffff_ffff),
      netns: 0xf000_0000,
      ifindex: 4,
      ifname: "eth0",
      skCookie: 77n,
      mark: 0xffff_ffff,
    } satisfies RawDrop);
  });

  const WITHOUT: Readonly<Record<string, readonly [Values, Partial<RawDrop>]>> = {
    "a reason": [{ site: { hasReason: 0 } }, { reasonCode: undefined }],
    ports: [{ flow: { hasPorts: 0 } }, { sport: undefined, dport: undefined }],
    "a TCP header": [
      { segment: { tcpHeaderLen: 0 } },
      {
        flags: undefined,
        seq: undefined,
        ack: undefined,
        window: undefined,
        payloadLen: undefined,
      },
    ],
    // Everything behind the TCP header is payload.
    "an IP header": [{ segment: { ipHeaderLen: 0 } }, { payloadLen: 1500 - 32 }],
    "a socket": [{ socket: { state: 0 } }, { state: undefined }],
    "a cookie": [{ socket: { cookie: 0n } }, { skCookie: undefined }],
    "a namespace": [{ device: { netnsInum: 0 } }, { netns: undefined }],
    "an interface": [{ device: { ifindex: 0 } }, { ifindex: undefined }],
    "an interface's name": [{ device: { ifname: Uint8Array.of(0, 0x78, 0x78) } }, { ifname: undefined }],
    "a tunnel": [
      { flow: { addressSource: ADDRESS_SOURCE.packet } },
      { tunnel: false, addressSource: "packet" },
    ],
    "a copy": [{ site: { copy: 0 } }, { copy: false }],
    "this host's address": [{ site: { ownMac: 0 } }, { ownMac: false }],
    "a stack left out": [{ stack: { omitted: 0 } }, { stackOmitted: false }],
    "a function of TCP's": [{ head: { hook: HOOK.kfree_skb } }, { source: "kfree_skb" }],
  };
  for (const [what, [values, changed]] of Object.entries(WITHOUT))
    test(`without ${what}, nothing of the last record's values is believed`, () => {
      const frames = [1n, 2n];
      assert.deepEqual(decode(full(values, frames)), { ...decode(record(FULL, frames)), ...changed });
    });

  test("without sections that nobody asked for, there are no frames and no verdict", () => {
    const least = recordLayout<never>(KIND.drop, [site, flow, device, task, socket, segment]);
    const bytes = encodeRecord(least, {}, [part(flow, { ipVersion: 4 })]);
    const { stack: frames, stackOmitted, filterTold } = new DropDecoder(bytes, least).decode(0, bytes.length);
    assert.deepEqual([frames, stackOmitted, filterTold], [undefined, false, 0]);
  });

  describe("payloadLen", () => {
    const payload = (values: ValuesOf<typeof segment>): number | undefined =>
      decode(full({ segment: values })).payloadLen;
    test("leaves out the padding of a short frame", () =>
      assert.equal(payload({ ipTotalLen: 52, l3Len: 60, ipHeaderLen: 20, tcpHeaderLen: 32 }), 0));
    test("takes what is there of a packet that was cut", () =>
      assert.equal(payload({ ipTotalLen: 1500, l3Len: 100, ipHeaderLen: 20, tcpHeaderLen: 20 }), 60));
    test("takes the skb's length for BIG TCP, whose header says 0", () =>
      assert.equal(payload({ ipTotalLen: 0, l3Len: 100_000, ipHeaderLen: 40, tcpHeaderLen: 20 }), 99_940));
    test("is never negative", () =>
      assert.equal(payload({ ipTotalLen: 20, l3Len: 20, ipHeaderLen: 60, tcpHeaderLen: 60 }), 0));
  });

  test("IPv6 addresses have all 16 bytes", () => {
    const saddr = Uint8Array.from([0x20, 1, 0x0d, 0xb8, ...new Array<number>(11).fill(0), 1]);
    const { ip, saddr: source } = decode(full({ flow: { ipVersion: 6, saddr } }));
    assert.deepEqual([ip, source], [6, "2001:db8::1"]);
  });

  test("an unknown state is its number, and gsoSegs is at least 1", () => {
    const { state, gsoSegs } = decode(full({ socket: { state: 99 }, segment: { gsoSegs: 0 } }));
    assert.deepEqual([state, gsoSegs], ["99", 1]);
  });

  test("gsoSegs is what gso_size makes of the payload, where nobody has counted", () => {
    const { payloadLen } = decode(record(FULL));
    assert(payloadLen !== undefined && payloadLen > 0);
    for (const [gsoSize, wanted] of [
      [payloadLen, 1],
      [payloadLen - 1, 2],
      [1, payloadLen],
    ] as const)
      assert.equal(decode(full({ segment: { gsoSegs: 0, gsoSize } })).gsoSegs, wanted);
    assert.equal(
      decode(full({ segment: { gsoSegs: 3, gsoSize: 1 } })).gsoSegs,
      3,
      "the kernel's count goes first",
    );
    assert.equal(
      decode(full({ segment: { tcpHeaderLen: 0, gsoSegs: 0, gsoSize: 1 } })).gsoSegs,
      1,
      "nothing is known of the payload",
    );
  });

  test("names end at their first zero, may fill their place, and are UTF-8", () => {
    const name = (comm: Uint8Array): string => decode(full({ task: { comm } })).cpuComm;
    assert.equal(name(Uint8Array.from([...text("ab"), 0, ...text("old")])), "ab");
    assert.equal(name(text("0123456789abcdef")), "0123456789abcdef");
    assert.equal(name(text("grün")), "grün");
    assert.equal(name(new Uint8Array()), "");
  });

  const WRONG: Readonly<Record<string, Values>> = {
    "another kind": { head: { kind: KIND.refused } },
    "another version": { head: { version: 2 } },
    "a hook that is none": { head: { hook: HOOK.tcp_conn_request } },
    "an IP version that is none": { flow: { ipVersion: 5 } },
    "a direction that is none": { flow: { direction: 3 } },
    "an address source that is none": { flow: { addressSource: 3 } },
    "a stack longer than the record": { stack: { bytes: 24 } },
    "a stack that is no whole number of frames": { stack: { bytes: 7 } },
    "more frames than there can be": { stack: { bytes: 0xfff8 } },
  };
  for (const [title, values] of Object.entries(WRONG)) {
    test(`refuses ${title}`, () =>
      assert.throws(
        () => decode(full(values, [1n, 2n])),
        (error) => error instanceof DecodeError && error.struct === "drop_record",
      ));
  }

  test("refuses a record that is cut off, or reaches out of the ring", () => {
    const bytes = record(FULL);
    const decoder = new DropDecoder(bytes, LAYOUT);
    const { fixedBytes } = LAYOUT;
    for (const [offset, length] of [
      [0, fixedBytes - 1],
      [1, fixedBytes],
      [0, 0],
      [-1, fixedBytes],
      [0, fixedBytes + 1],
    ] as const) {
      assert.throws(() => decoder.decode(offset, length), DecodeError, `${offset} ${length}`);
    }
  });

  test("gives drops with one stack one array, which nothing that follows changes", () => {
    const ring = new Uint8Array(2048);
    const place = (at: number, frames: readonly bigint[]): RawDrop => {
      const bytes = record(FULL, frames);
      ring.set(bytes, at);
      return decoder.decode(at, bytes.length);
    };
    const decoder = new DropDecoder(ring, LAYOUT);
    const first = place(0, [1n, 2n]);
    assert.deepEqual(place(512, [3n]).stack, Uint32Array.of(3, 0));
    assert.equal(place(1024, [1n, 2n]).stack, first.stack);
    assert.deepEqual(first.stack, Uint32Array.of(1, 0, 2, 0));
  });

  test("copies: what was decoded stays when the ring is written again", () => {
    const bytes = record(FULL, [1n, 2n]);
    const before = decode(bytes);
    const copy = structuredClone(before);
    bytes.fill(0xff);
    assert.deepEqual(before, copy);
  });
});

test("DropDecoder takes any bytes: nothing but a DecodeError escapes, and what comes out is in range", () => {
  const { fixedBytes, mostBytes } = LAYOUT;
  const ring = new Uint8Array(4 * mostBytes);
  const decoder = new DropDecoder(ring, LAYOUT);
  /** Where a field of a section is. */
  const at = (section: { readonly name: string }, { offset }: { readonly offset: number }): number =>
    (LAYOUT.placeOf(section)?.at ?? 0) + offset;
  const input = fc.record({
    noise: fc.uint8Array({ minLength: fixedBytes, maxLength: fixedBytes }),
    kind: fc.constantFrom(KIND.drop, KIND.drop, KIND.drop, 0, 255),
    hook: fc.constantFrom(HOOK.kfree_skb, HOOK.kfree_skb, HOOK.tcp_drop, 255),
    ipVersion: fc.constantFrom(4, 6, 4, 6, 0, 255),
    direction: fc.constantFrom(0, 1, 2, 3),
    addressSource: fc.constantFrom(0, 1, 2, 255),
    stackBytes: fc.oneof(
      fc.nat({ max: MAX_FRAMES + 1 }).map((frames) => 8 * frames),
      fc.nat({ max: 64 }),
      fc.nat({ max: 0xffff }),
    ),
    offset: fc.oneof(fc.integer({ min: -8, max: ring.length + 8 }), fc.constant(0)),
    length: fc.oneof(fc.nat({ max: mostBytes + 8 }), fc.constant(fixedBytes)),
  });
  let decoded = 0;
  const property = fc.property(input, ({ noise, kind, hook, stackBytes, offset, length, ...of }) => {
    if (offset >= 0 && offset + fixedBytes <= ring.length) {
      ring.set(noise, offset);
      ring[offset + recordHead.fields.kind.offset] = kind;
      ring[offset + recordHead.fields.version.offset] = 1;
      ring[offset + recordHead.fields.hook.offset] = hook;
      for (const name of ["ipVersion", "direction", "addressSource"] as const)
        ring[offset + at(flow, flow.layout.fields[name])] = of[name];
      ring.set(
        new Uint8Array(Uint16Array.of(stackBytes).buffer),
        offset + at(STACK, STACK.layout.fields.bytes),
      );
    }
    try {
      const drop = decoder.decode(offset, length);
      decoded += 1;
      assert.ok(drop.gsoSegs >= 1 && (drop.payloadLen ?? 0) >= 0 && drop.cpuComm.length <= 16);
      assert.ok((drop.stack?.length ?? 0) * 4 <= length - fixedBytes);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
    }
  });
  fc.assert(property, { numRuns: RUNS });
  assert.ok(decoded > RUNS / 100, `${decoded} of ${RUNS} were records`);
});
