import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DecodeError } from "../../../errors.ts";
import { AF_INET, AF_INET6 } from "../../../sys/macros.ts";
import { decodeListeners } from "./decode-listener.ts";
import { listenerRecord } from "./listener-record.ts";

const V4_MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 2);
const record = (values: Parameters<typeof listenerRecord.encode>[0]): Uint8Array =>
  listenerRecord.encode({ family: AF_INET, ...values });

test("decodeListeners reads every field of every record", () => {
  const bytes = Buffer.concat([
    record({
      cookie: 2n ** 63n,
      cookieIsAddress: 1,
      drops: 0xffff_ffff,
      ackBacklog: 3,
      maxAckBacklog: 4,
      address: Uint8Array.of(192, 0, 2, 2),
      port: 65_535,
    }),
    record({ family: AF_INET6, cookie: 1n, address: V4_MAPPED, port: 1 }),
  ]);
  assert.deepEqual(decodeListeners(bytes), [
    {
      cookie: 2n ** 63n,
      skCookie: undefined,
      ip: 4,
      address: "192.0.2.2",
      port: 65_535,
      takesIpv4: true,
      drops: 0xffff_ffff,
      acceptQueue: 3,
      acceptQueueLimit: 4,
    },
    {
      cookie: 1n,
      skCookie: 1n,
      ip: 6,
      address: "::ffff:192.0.2.2",
      port: 1,
      takesIpv4: true,
      drops: 0,
      acceptQueue: 0,
      acceptQueueLimit: 0,
    },
  ]);
});

test("decodeListeners knows which sockets of IPv6 take IPv4: unspecified or mapped addresses without IPV6_V6ONLY", () => {
  const takes = (address: Uint8Array, v6Only: number): unknown =>
    decodeListeners(record({ family: AF_INET6, address, v6Only }))[0]?.takesIpv4;
  const any = new Uint8Array(16);
  assert.deepEqual(
    [takes(any, 0), takes(any, 1), takes(V4_MAPPED, 0), takes(Uint8Array.of(0x20, 1), 0)],
    [true, false, true, false],
  );
});

test("decodeListeners: whatever comes, listeners or a DecodeError", () => {
  assert.deepEqual(decodeListeners(new Uint8Array(0)), []);
  assert.throws(() => decodeListeners(record({}).subarray(1)), DecodeError);
  assert.throws(() => decodeListeners(record({ family: 1 })), {
    code: "DECODE_FAILED",
    message: /address family 1/,
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3 * listenerRecord.size }), (bytes) => {
      try {
        assert.equal(decodeListeners(bytes).length, bytes.length / listenerRecord.size);
      } catch (failure) {
        if (!(failure instanceof DecodeError)) throw failure;
      }
    }),
  );
});
