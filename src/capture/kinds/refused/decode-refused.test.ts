import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DecodeError } from "../../../errors.ts";
import { decodeRefused } from "./decode-refused.ts";
import { REFUSED_CAUSE, refusedRecord } from "./refused-record.ts";

/** Ports stand in network order. */
const port = (value: number): number =>
  new Uint16Array(Uint8Array.of(value >> 8, value & 0xff).buffer)[0] ?? 0;
const V4 = { saddr: Uint8Array.of(192, 0, 2, 1), daddr: Uint8Array.of(192, 0, 2, 2), ipVersion: 4 };

test("decodeRefused reads every field, behind what lies before the record", () => {
  const values = {
    ...V4,
    ktimeNs: 2n ** 63n,
    skCookie: 5n,
    netnsInum: 6,
    cause: REFUSED_CAUSE.synQueueFull,
    ackBacklog: 7,
    maxAckBacklog: 8,
  };
  const bytes = Buffer.concat([
    new Uint8Array(8),
    refusedRecord.encode({ ...values, sport: port(40_000), dport: port(443) }),
  ]);
  assert.deepEqual(decodeRefused(bytes, 8, refusedRecord.size), {
    ktimeNs: 2n ** 63n,
    cause: "SYN_QUEUE_FULL",
    ip: 4,
    saddr: "192.0.2.1",
    daddr: "192.0.2.2",
    sport: 40_000,
    dport: 443,
    netns: 6,
    acceptQueue: 7,
    acceptQueueLimit: 8,
    skCookie: 5n,
  });
});

test("decodeRefused: IPv6, and a socket without a cookie", () => {
  const saddr = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  const syn = decodeRefused(refusedRecord.encode({ saddr, ipVersion: 6 }), 0, refusedRecord.size);
  assert.deepEqual(
    [syn.ip, syn.saddr, syn.daddr, syn.cause, syn.skCookie],
    [6, "2001:db8::1", "::", "ACCEPT_QUEUE_FULL", undefined],
  );
});

test("decodeRefused: whatever comes, a SYN or a DecodeError", () => {
  assert.throws(() => decodeRefused(refusedRecord.encode(V4), 0, 8), {
    code: "DECODE_FAILED",
    message: /8 bytes instead of/,
  });
  assert.throws(
    () => decodeRefused(refusedRecord.encode({ ...V4, cause: 3 }), 0, refusedRecord.size),
    /cause 3/,
  );
  assert.throws(() => decodeRefused(refusedRecord.encode({}), 0, refusedRecord.size), /IP version 0/);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: refusedRecord.size, maxLength: refusedRecord.size }), (bytes) => {
      try {
        assert.equal(typeof decodeRefused(bytes, 0, bytes.length).saddr, "string");
      } catch (failure) {
        if (!(failure instanceof DecodeError)) throw failure;
      }
    }),
  );
});
