/** Any bytes as records of drops. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOOK, KIND } from "../capture/core/record-head.ts";
import { transitDevice } from "../capture/core/transit.ts";
import { MAX_FRAMES } from "../capture/sections/stack/stack.ts";
import { outerHeader } from "../capture/sections/tunnel/tunnel.ts";
import { DecodeError } from "../errors.ts";
import { LAYOUT, makerOf, naming, offsetOf, type RecordValues } from "./records.test.kit.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000);

test("EventMaker takes any bytes: nothing but a DecodeError escapes, and what comes out is in range", () => {
  const { fixedBytes, mostBytes } = LAYOUT;
  const ring = new Uint8Array(4 * mostBytes);
  const maker = makerOf(ring, naming(undefined));
  const input = fc.record({
    noise: fc.uint8Array({ minLength: fixedBytes, maxLength: fixedBytes }),
    of: fc.record({
      kind: fc.constantFrom(KIND.drop, KIND.drop, KIND.drop, 0, 255),
      hook: fc.constantFrom(HOOK.kfree_skb, HOOK.kfree_skb, HOOK.tcp_drop, 255),
      ipVersion: fc.constantFrom(4, 6, 4, 6, 0, 255),
      direction: fc.constantFrom(0, 1, 2, 3, 4),
      addressSource: fc.constantFrom(0, 1, 2, 255),
    }),
    lengths: fc.record({
      // All three must fit the record's length: most are 0, so that enough of them are records.
      bytes: fc.oneof(
        { weight: 3, arbitrary: fc.constant(0) },
        fc.nat({ max: MAX_FRAMES + 1 }).map((frames) => 8 * frames),
        fc.nat({ max: 64 }),
        fc.nat({ max: 0xffff }),
      ),
      transitBytes: fc.constantFrom(0, 0, 0, 0, 0, transitDevice.size, 1, 0xffff),
      tunnelBytes: fc.constantFrom(0, 0, 0, 0, 0, outerHeader.size, 1, 0xffff),
    }),
    offset: fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: -8, max: ring.length + 8 }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: ring.length / 8 }).map((words) => 8 * words) },
      { weight: 5, arbitrary: fc.constant(0) },
    ),
    length: fc.oneof(fc.nat({ max: mostBytes + 8 }), fc.constant(fixedBytes)),
  });
  let made = 0;
  const setLengths = (lengths: Partial<RecordValues>, offset: number): void => {
    for (const [name, length] of Object.entries(lengths))
      ring.set(
        new Uint8Array(Uint16Array.of(Number(length)).buffer),
        offset + offsetOf(name as keyof RecordValues),
      );
  };
  const property = fc.property(input, ({ noise, of, lengths, offset, length }) => {
    if (offset >= 0 && offset + fixedBytes <= ring.length) {
      ring.set(noise, offset);
      ring[offset + offsetOf("version")] = 1;
      for (const name of keysOf(of)) ring[offset + offsetOf(name)] = of[name];
      setLengths(lengths, offset);
    }
    try {
      const { packet, task, stack } = maker.make(offset, length, 1);
      made += 1;
      assert.ok(packet.gsoSegs >= 1 && (packet.payloadLen ?? 0) >= 0 && task.comm.length <= 16);
      assert.ok((stack?.length ?? 0) * 8 <= length - fixedBytes);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
    }
  });
  fc.assert(property, { numRuns: RUNS });
  assert.ok(made > RUNS / 100, `${made} of ${RUNS} were records`);
});

const keysOf = <T extends object>(of: T): readonly (keyof T & keyof RecordValues)[] =>
  Object.keys(of) as (keyof T & keyof RecordValues)[];
