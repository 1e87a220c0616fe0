import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { KernelTypes } from "../../../bpf/index.ts";
import { openKernelBtf } from "../../../btf/index.ts";
import { DecodeError } from "../../../errors.ts";
import { encodeRecord, part } from "../../core/encode-record.test.kit.ts";
import { ringMap } from "../../core/ring-map.ts";
import { device } from "../../sections/device/device.ts";
import { flow } from "../../sections/flow/flow.ts";
import { LISTENER } from "../../sections/listener/listener.ts";
import { site } from "../../sections/site/site.ts";
import { socket } from "../../sections/socket/socket.ts";
import { refusedDecoder } from "./decode-refused.ts";
import { REFUSED_CAUSE, refusedDesign } from "./refused-program.ts";

const { layout } = refusedDesign(
  new KernelTypes(openKernelBtf()),
  { family: undefined, netns: undefined },
  "fentry",
  ringMap(4096),
);
const SIZE = layout.fixedBytes;
/** Ports stand in network order. */
const port = (value: number): number =>
  new Uint16Array(Uint8Array.of(value >> 8, value & 0xff).buffer)[0] ?? 0;
const V4 = { saddr: Uint8Array.of(192, 0, 2, 1), daddr: Uint8Array.of(192, 0, 2, 2), ipVersion: 4 };
const decode = (bytes: Uint8Array, at = 0, length = bytes.length) =>
  refusedDecoder(bytes, layout)(at, length);

test("refusedDecoder reads every field, behind what lies before the record", () => {
  const bytes = Buffer.concat([
    new Uint8Array(8),
    encodeRecord(layout, { ktimeNs: 2n ** 63n }, [
      part(site, { reason: REFUSED_CAUSE.synQueueFull, hasReason: 1 }),
      part(flow, { ...V4, sport: port(40_000), dport: port(443), hasPorts: 1 }),
      part(socket, { cookie: 5n, state: 10 }),
      part(device, { netnsInum: 6 }),
      part(LISTENER, { ackBacklog: 7, maxAckBacklog: 8 }),
    ]),
  ]);
  assert.deepEqual(decode(bytes, 8, SIZE), {
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

test("refusedDecoder: IPv6, and a socket without a cookie", () => {
  const saddr = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  const syn = decode(encodeRecord(layout, {}, [part(flow, { saddr, ipVersion: 6 })]));
  assert.deepEqual(
    [syn.ip, syn.saddr, syn.daddr, syn.cause, syn.skCookie],
    [6, "2001:db8::1", "::", "ACCEPT_QUEUE_FULL", undefined],
  );
});

test("refusedDecoder: whatever comes, a SYN or a DecodeError", () => {
  const bytes = encodeRecord(layout, {}, [part(flow, V4)]);
  assert.throws(() => decode(bytes, 0, 8), { code: "DECODE_FAILED", message: /8 bytes are fewer than/ });
  assert.throws(() => decode(encodeRecord(layout, { kind: 1 }, [part(flow, V4)])), /kind 1/);
  assert.throws(() => decode(encodeRecord(layout, { version: 9 }, [part(flow, V4)])), /version 9/);
  assert.throws(
    () => decode(encodeRecord(layout, {}, [part(flow, V4), part(site, { reason: 3 })])),
    /cause 3/,
  );
  assert.throws(() => decode(encodeRecord(layout, {}, [])), /IP version 0/);
  const head = bytes.subarray(0, 4);
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: SIZE - 4, maxLength: SIZE - 4 }),
      fc.boolean(),
      (noise, isOurs) => {
        try {
          const any = Buffer.concat([isOurs ? head : new Uint8Array(4), noise]);
          assert.equal(typeof decode(any).saddr, "string");
        } catch (failure) {
          if (!(failure instanceof DecodeError)) throw failure;
        }
      },
    ),
  );
});
