import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { be16, HOST_LITTLE_ENDIAN } from "../bytes/endian.ts";
import {
  ADDRESS_SOURCE,
  DIRECTION,
  dropRecord,
  FIXED_BYTES,
  MAX_FRAMES,
  PRESENT,
} from "../capture/core/record.ts";
import { DecodeError } from "../errors.ts";
import { DropDecoder } from "./decode-drop.ts";
import type { RawDrop } from "./raw-drop.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000);

type Values = Parameters<typeof dropRecord.encode>[0];

const ALL = Object.values(PRESENT).reduce((bits, bit) => bits | bit, 0);
const text = (name: string): Uint8Array => new TextEncoder().encode(name);
/** The value as the host reads the bytes that a packet has. */
const be32 = (value: number): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, false);
  return view.getUint32(0, HOST_LITTLE_ENDIAN);
};

/** Frames behind the fixed part, and nothing further, as the program sends them. */
function record(values: Values, frames: readonly bigint[] = []): Uint8Array {
  const stack = new Uint8Array(BigUint64Array.from(frames).buffer);
  return dropRecord
    .encode({ ipVersion: 4, stackBytes: stack.length, ...values, stack })
    .subarray(0, FIXED_BYTES + stack.length);
}

function decode(bytes: Uint8Array): RawDrop {
  return new DropDecoder(bytes).decode(0, bytes.length);
}

const FULL: Values = {
  ktimeNs: 0x1234_5678_9abc_def0n,
  location: 0xffff_ffff_8123_4567n,
  skCookie: 77n,
  dstInput: 0xffff_ffff_8000_0001n,
  reason: 0x3_0002,
  present: ALL,
  cpu: 3,
  tid: 101,
  tgid: 100,
  skbLen: 1500,
  mark: 0xffff_ffff,
  netnsInum: 0xf000_0000,
  ifindex: 4,
  ipTotalLen: 1040,
  seq: be32(0xfffe_0102),
  ack: be32(7),
  sport: be16(443),
  dport: be16(51_234),
  window: be16(0xfffe),
  gsoSegs: 2,
  ipVersion: 4,
  direction: DIRECTION.rx,
  state: 1,
  tcpFlags: 0x12,
  addressSource: ADDRESS_SOURCE.inner,
  ipHeaderLen: 20,
  tcpHeaderLen: 32,
  l3Len: 1046,
  saddr: Uint8Array.of(192, 0, 2, 1),
  daddr: Uint8Array.of(198, 51, 100, 2),
  comm: text("nginx: worker 1"),
  ifname: text("eth0"),
};

describe("DropDecoder", () => {
  test("reads every field of a record that has them all", () => {
    assert.deepEqual(decode(record(FULL, [0xffff_ffff_8100_0001n, 0xffff_ffff_8100_0002n])), {
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
      filterTold: 0,
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

  /** What each bit guards. Everything else is there in every record. */
  const GUARDED: Readonly<Record<keyof typeof PRESENT, Partial<RawDrop>>> = {
    reason: { reasonCode: undefined },
    tcp: {
      sport: undefined,
      dport: undefined,
      flags: undefined,
      seq: undefined,
      ack: undefined,
      window: undefined,
      payloadLen: undefined,
    },
    state: { state: undefined },
    netns: { netns: undefined },
    ifindex: { ifindex: undefined },
    ifname: { ifname: undefined },
    cookie: { skCookie: undefined },
    tunnel: { tunnel: false },
    // Without the IP header's length, everything behind the TCP header is payload.
    ip: { payloadLen: 1500 - 32 },
    received: {},
    stack: { stack: undefined },
    copy: { copy: false },
    ownMac: { ownMac: false },
    stackOmitted: { stackOmitted: false },
  };
  for (const [name, changed] of Object.entries(GUARDED)) {
    test(`without the bit ${name}, nothing of the last record's values is believed`, () => {
      const bit = PRESENT[name as keyof typeof PRESENT];
      const frames = [1n, 2n];
      assert.deepEqual(decode(record({ ...FULL, present: ALL & ~bit }, frames)), {
        ...decode(record(FULL, frames)),
        ...changed,
      });
    });
  }

  test("a stack length is not looked at where there is no stack", () => {
    assert.equal(
      decode(record({ ...FULL, present: ALL & ~PRESENT.stack, stackBytes: 0xffff_fff2 })).stack,
      undefined,
    );
  });

  describe("payloadLen", () => {
    const payload = (values: Values): number | undefined => decode(record({ ...FULL, ...values })).payloadLen;
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
    const { ip, saddr: source } = decode(record({ ...FULL, ipVersion: 6, saddr }));
    assert.deepEqual([ip, source], [6, "2001:db8::1"]);
  });

  test("an unknown state is its number, and gsoSegs is at least 1", () => {
    const { state, gsoSegs } = decode(record({ ...FULL, state: 99, gsoSegs: 0 }));
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
      assert.equal(decode(record({ ...FULL, gsoSegs: 0, gsoSize })).gsoSegs, wanted);
    assert.equal(
      decode(record({ ...FULL, gsoSegs: 3, gsoSize: 1 })).gsoSegs,
      3,
      "the kernel's count goes first",
    );
    assert.equal(
      decode(record({ ...FULL, present: 0, gsoSegs: 0, gsoSize: 1 })).gsoSegs,
      1,
      "nothing is known of the payload",
    );
  });

  test("names end at their first zero, may fill their place, and are UTF-8", () => {
    const name = (comm: Uint8Array): string => decode(record({ ...FULL, comm })).cpuComm;
    assert.equal(name(Uint8Array.from([...text("ab"), 0, ...text("old")])), "ab");
    assert.equal(name(text("0123456789abcdef")), "0123456789abcdef");
    assert.equal(name(text("grün")), "grün");
    assert.equal(name(new Uint8Array()), "");
  });

  const WRONG: Readonly<Record<string, Values>> = {
    "an IP version that is none": { ipVersion: 5 },
    "a direction that is none": { direction: 3 },
    "an address source that is none": { addressSource: 3 },
    "a stack longer than the record": { stackBytes: 24 },
    "a stack that is no whole number of frames": { stackBytes: 7 },
    "a negative errno as stack length": { stackBytes: 0xffff_fff2 },
  };
  for (const [title, values] of Object.entries(WRONG)) {
    test(`refuses ${title}`, () => {
      const bytes = record(FULL, [1n, 2n]);
      bytes.set(dropRecord.encode({ ...FULL, stackBytes: 0, ...values }).subarray(0, FIXED_BYTES));
      assert.throws(
        () => decode(bytes),
        (error) => error instanceof DecodeError && error.struct === "drop_record",
      );
    });
  }

  test("refuses a record that is cut off, or reaches out of the ring", () => {
    const bytes = record(FULL);
    const decoder = new DropDecoder(bytes);
    for (const [offset, length] of [
      [0, FIXED_BYTES - 1],
      [1, FIXED_BYTES],
      [0, 0],
      [-1, FIXED_BYTES],
      [0, FIXED_BYTES + 1],
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
    const decoder = new DropDecoder(ring);
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
  const u32 = fc.nat({ max: 0xffff_ffff });
  const ring = new Uint8Array(4 * dropRecord.size);
  const decoder = new DropDecoder(ring);
  const input = fc.record({
    noise: fc.uint8Array({ minLength: FIXED_BYTES, maxLength: FIXED_BYTES }),
    ipVersion: fc.constantFrom(4, 6, 4, 6, 0, 255),
    direction: fc.constantFrom(0, 1, 2, 3),
    addressSource: fc.constantFrom(0, 1, 2, 255),
    stackBytes: fc.oneof(
      fc.nat({ max: MAX_FRAMES + 1 }).map((frames) => 8 * frames),
      fc.nat({ max: 64 }),
      u32,
    ),
    offset: fc.oneof(fc.integer({ min: -8, max: ring.length + 8 }), fc.constant(0)),
    length: fc.oneof(fc.nat({ max: dropRecord.size + 8 }), fc.constant(FIXED_BYTES)),
  });
  let decoded = 0;
  const property = fc.property(
    input,
    ({ noise, ipVersion, direction, addressSource, stackBytes, offset, length }) => {
      const { fields } = dropRecord;
      if (offset >= 0 && offset + FIXED_BYTES <= ring.length) {
        ring.set(noise, offset);
        ring[offset + fields.ipVersion.offset] = ipVersion;
        ring[offset + fields.direction.offset] = direction;
        ring[offset + fields.addressSource.offset] = addressSource;
        ring.set(new Uint8Array(Uint32Array.of(stackBytes).buffer), offset + fields.stackBytes.offset);
      }
      try {
        const drop = decoder.decode(offset, length);
        decoded += 1;
        assert.ok(drop.gsoSegs >= 1 && (drop.payloadLen ?? 0) >= 0 && drop.cpuComm.length <= 16);
        assert.ok((drop.stack?.length ?? 0) * 4 <= length - FIXED_BYTES);
      } catch (failure) {
        if (!(failure instanceof DecodeError)) throw failure;
      }
    },
  );
  fc.assert(property, { numRuns: RUNS });
  assert.ok(decoded > RUNS / 50, `${decoded} of ${RUNS} were records`);
});
