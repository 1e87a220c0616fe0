/** Records to events: what is read of their bytes. What they are named by is in naming.test.ts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DropFacts, factsOf } from "../../test/drop-facts.ts";
import { ADDRESS_SOURCE } from "../capture/core/facts.ts";
import { HOOK, KIND } from "../capture/core/record-head.ts";
import { DecodeError } from "../errors.ts";
import { FRAMES, FULL, text } from "./full-record.test.kit.ts";
import { LAYOUT, makerOf, naming, Records, type RecordValues, record } from "./records.test.kit.ts";

/** Facts that a record alone gives: no symbols, and a wall clock that began with the monotonic one. */
function factsFrom(values: RecordValues, frames: readonly bigint[] = []): DropFacts {
  return factsOf(new Records(naming(undefined)).make(values, frames));
}

describe("EventMaker.make", () => {
  test("reads every field of a record that has them all", () => {
    const { timeNs, variant, meaning, advice, reasonSubsystem, ...facts } = factsFrom(FULL, FRAMES);
    assert.ok(timeNs > 0x1234_5678_9abc_def0n);
    assert.notEqual(reasonSubsystem, "CORE");
    assert.equal(variant, "unknown");
    assert.ok(meaning.length > 0 && advice.length > 0);
    assert.deepEqual(facts, {
      id: 1,
      ktimeNs: 0x1234_5678_9abc_def0n,
      class: "loss",
      outer: undefined,
      stack: ["0xffffffff81000001", "0xffffffff81000002"],
      ip: 4,
      saddr: "192.0.2.1",
      sport: 443,
      daddr: "198.51.100.2",
      dport: 51_234,
      addressSource: "inner",
      direction: "rx",
      tunnel: true,
      source: "tcp_drop",
      reason: undefined,
      reasonCode: 0x3_0002,
      reasonInferred: false,
      location: "0xffffffff81234567",
      locationAddress: 0xffff_ffff_8123_4567n,
      netns: 0xf000_0000,
      ifindex: 4,
      ifname: "eth0",
      outIfindex: undefined,
      outIfname: undefined,
      mtu: undefined,
      state: "ESTABLISHED",
      skCookie: 77n,
      cpu: 3,
      pid: 100,
      tid: 101,
      comm: "nginx: worker 1",
      flags: ["SYN", "ACK"],
      seq: 0xfffe_0102,
      ack: 7,
      window: 0xfffe,
      payloadLen: 1040 - 20 - 32,
      skbLen: 1500,
      gsoSegs: 2,
      mark: 0xffff_ffff,
      stackOmitted: false,
      filterBits: 0,
    } satisfies Omit<DropFacts, "timeNs" | "variant" | "meaning" | "advice" | "reasonSubsystem">);
  });

  const WITHOUT: Readonly<Record<string, readonly [RecordValues, Partial<DropFacts>]>> = {
    "a reason": [
      { hasReason: 0 },
      {
        reasonCode: undefined,
        reasonSubsystem: undefined,
        variant: "none:unknown",
        meaning: "This kernel gives no drop reasons.",
      },
    ],
    ports: [{ hasPorts: 0 }, { sport: undefined, dport: undefined }],
    "a TCP header": [
      { hasTcp: 0 },
      { flags: undefined, seq: undefined, ack: undefined, window: undefined, payloadLen: undefined },
    ],
    // Everything behind the TCP header is payload.
    "an IP header": [{ ipHeaderLen: 0 }, { payloadLen: 1500 - 32 }],
    "a socket": [{ state: 0 }, { state: undefined, skCookie: undefined }],
    "a cookie": [{ cookie: 0n }, { skCookie: undefined }],
    "a namespace": [{ netnsInum: 0 }, { netns: undefined }],
    "an interface": [{ ifindex: 0 }, { ifindex: undefined }],
    "an interface's name": [{ ifname: Uint8Array.of(0, 0x78, 0x78) }, { ifname: undefined }],
    "a tunnel": [{ addressSource: ADDRESS_SOURCE.packet }, { tunnel: false, addressSource: "packet" }],
    "a function of TCP's": [{ hook: HOOK.kfree_skb }, { source: "kfree_skb" }],
  };
  for (const [what, [values, changed]] of Object.entries(WITHOUT)) {
    test(`believes nothing of the last record's values without ${what}`, () => {
      const records = new Records(naming(undefined));
      const whole = factsOf(records.make({ ...FULL, reason: 0x7fff_0002 }, FRAMES));
      const partial = factsOf(records.make({ ...FULL, reason: 0x7fff_0002, ...values }, FRAMES));
      assert.deepEqual(partial, { ...whole, ...changed, id: 2 });
    });
  }

  test("has no stack without frames", () => assert.equal(factsFrom(FULL).stack, undefined));

  test("knows a copy, and a stack that was left out", () => {
    assert.equal(factsFrom({ ...FULL, copy: 1 }, FRAMES).class, "copy");
    const { stack, stackOmitted } = factsFrom({ ...FULL, omitted: 1 }, FRAMES);
    assert.deepEqual([stack, stackOmitted], [undefined, true], "its frames are for the class alone");
  });

  test("leaves device and socket out where nothing is known of them", () => {
    const { device, socket } = new Records(naming(undefined)).make({
      ...FULL,
      netnsInum: 0,
      ifindex: 0,
      ifname: text(""),
      state: 0,
    });
    assert.deepEqual([device, socket], [undefined, undefined]);
  });

  test("passes on what the kernel evaluated of a filter", () => {
    assert.equal(factsFrom({ ...FULL, bits: 0b1001 }).filterBits, 0b1001);
  });

  describe("payloadLen", () => {
    const payload = (values: RecordValues): number | undefined =>
      factsFrom({ ...FULL, ...values }).payloadLen;
    test("leaves out the padding of a short frame", () =>
      assert.equal(payload({ ipTotalLen: 52, l3Len: 60, ipHeaderLen: 20, tcpHeaderLen: 32 }), 0));
    test("takes what is there of a packet that was cut", () =>
      assert.equal(payload({ ipTotalLen: 1500, l3Len: 100, ipHeaderLen: 20, tcpHeaderLen: 20 }), 60));
    test("takes the skb's length for BIG TCP, whose header says 0", () =>
      assert.equal(payload({ ipTotalLen: 0, l3Len: 100_000, ipHeaderLen: 40, tcpHeaderLen: 20 }), 99_940));
    test("is never negative", () =>
      assert.equal(payload({ ipTotalLen: 20, l3Len: 20, ipHeaderLen: 60, tcpHeaderLen: 60 }), 0));

    test("takes a data offset of 0, which a header may have, as no header bytes", () =>
      assert.equal(payload({ ipTotalLen: 43, l3Len: 43, ipHeaderLen: 20, tcpHeaderLen: 0 }), 23));
  });

  test("IPv6 addresses have all 16 bytes", () => {
    const saddr = Uint8Array.from([0x20, 1, 0x0d, 0xb8, ...new Array<number>(11).fill(0), 1]);
    const { ip, saddr: source } = factsFrom({ ...FULL, ipVersion: 6, saddr });
    assert.deepEqual([ip, source], [6, "2001:db8::1"]);
  });

  test("an unknown state is its number, and gsoSegs is at least 1", () => {
    const { state, gsoSegs } = factsFrom({ ...FULL, state: 99, gsoSegs: 0 });
    assert.deepEqual([state, gsoSegs], ["99", 1]);
  });

  test("gsoSegs is what gso_size makes of the payload, where nobody has counted", () => {
    const { payloadLen } = factsFrom(FULL);
    assert(payloadLen !== undefined && payloadLen > 0);
    const segments = (values: RecordValues): number => factsFrom({ ...FULL, ...values }).gsoSegs;
    for (const [gsoSize, wanted] of [
      [payloadLen, 1],
      [payloadLen - 1, 2],
      [1, payloadLen],
    ] as const)
      assert.equal(segments({ gsoSegs: 0, gsoSize }), wanted);
    assert.equal(segments({ gsoSegs: 3, gsoSize: 1 }), 3, "the kernel's count goes first");
    assert.equal(segments({ hasTcp: 0, gsoSegs: 0, gsoSize: 1 }), 1, "nothing is known of the payload");
  });

  test("names end at their first zero, may fill their room, and are UTF-8", () => {
    const name = (comm: Uint8Array): string => factsFrom({ ...FULL, comm }).comm;
    assert.equal(name(Uint8Array.from([...text("ab"), 0, ...text("old")])), "ab");
    assert.equal(name(text("0123456789abcdef")), "0123456789abcdef");
    assert.equal(name(text("grün")), "grün");
    assert.equal(name(new Uint8Array()), "");
  });

  const WRONG: Readonly<Record<string, RecordValues>> = {
    "another kind": { kind: KIND.refused },
    "another version": { version: 2 },
    "a hook that sees no drops": { hook: HOOK.tcp_conn_request },
    "an IP version that is none": { ipVersion: 5 },
    "a direction that is none": { direction: 4 },
    "an address source that is none": { addressSource: 3 },
    "a stack longer than the record": { bytes: 24 },
    "a stack that is no whole number of frames": { bytes: 7 },
    "more frames than there can be": { bytes: 0xfff8 },
  };
  for (const [title, values] of Object.entries(WRONG))
    test(`refuses ${title}`, () => {
      const bytes = record({ ...FULL, ...values }, FRAMES);
      assert.throws(() => makerOf(bytes, naming(undefined)).make(0, bytes.length, 1), DecodeError);
    });

  test("refuses a record that is cut off, or reaches out of the ring", () => {
    const maker = makerOf(record(FULL), naming(undefined));
    const { fixedBytes } = LAYOUT;
    for (const [offset, length] of [
      [0, fixedBytes - 1],
      [1, fixedBytes],
      [0, 0],
      [-1, fixedBytes],
      [0, fixedBytes + 1],
    ] as const) {
      assert.throws(() => maker.make(offset, length, 1), DecodeError, `${offset} ${length}`);
    }
  });
});
