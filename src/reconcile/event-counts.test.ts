import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { type DropEvent, TCP_FLAGS } from "../model/index.ts";
import { EventCounts } from "./event-counts.ts";

const SHARED = [["SYN"], ["ACK", "PSH"], ["FIN", "ACK"]] as const;
/** Few values each, so that kinds repeat, and many share a site. */
const anyDrop: fc.Arbitrary<DropEvent> = fc
  .record({
    reasonCode: fc.constantFrom(2, 3),
    location: fc.constantFrom(
      "tcp_v4_rcv+0x1e4",
      "tcp_v6_rcv+0x1e4",
      "tcp_v4_rcv+0x2e4",
      "0xffffffff81000000",
    ),
    ip: fc.constantFrom(4, 6),
    tunnel: fc.boolean(),
    direction: fc.constantFrom("rx", "tx", "unknown"),
    state: fc.constantFrom("LISTEN", "CLOSED", undefined),
    flags: fc.oneof(fc.constantFrom(...SHARED, undefined), fc.subarray([...TCP_FLAGS])),
    payloadLen: fc.constantFrom(0, 1, undefined),
    ifname: fc.constantFrom("eth0", "eth1", undefined),
    gsoSegs: fc.integer({ min: 1, max: 4 }),
  })
  .map((values) => dropWith(fullDrop, { ...values, reason: `REASON_${values.reasonCode}` }));

test("EventCounts counts every drop under its kind, whether or not the kind is recent", () => {
  fc.assert(
    fc.property(fc.array(anyDrop, { maxLength: 200 }), (events) => {
      const counts = new EventCounts();
      for (const event of events) counts.add(event);
      const { list } = counts;
      // A single drop shows its kind.
      const kindOf = (event: DropEvent): string => {
        const alone = new EventCounts();
        alone.add(event);
        return JSON.stringify({ ...alone.list[0], skbs: 0, segments: 0 });
      };
      const sums = new Map<string, { skbs: number; segments: number }>();
      const add = (key: string, skbs: number, segments: number): void => {
        const known = sums.get(key) ?? { skbs: 0, segments: 0 };
        sums.set(key, { skbs: known.skbs + skbs, segments: known.segments + segments });
      };
      for (const event of events) add(kindOf(event), 1, event.packet.gsoSegs);
      for (const { skbs, segments, ...kind } of list)
        add(JSON.stringify({ ...kind, skbs: 0, segments: 0 }), -skbs, -segments);
      for (const [kind, rest] of sums) assert.deepEqual(rest, { skbs: 0, segments: 0 }, kind);
    }),
    { numRuns: 200 },
  );
});

test("EventCounts distinguishes kinds beyond its limit by their reason only", () => {
  const counts = new EventCounts();
  for (let at = 0; at < 5000; at += 1)
    counts.add(dropWith(fullDrop, { location: `tcp_v4_rcv+0x${at.toString(16)}` }));
  const { list } = counts;
  assert.equal(list.length, 4097);
  assert.deepEqual(
    [list.at(-1)?.at, list.at(-1)?.reason, list.at(-1)?.skbs],
    [undefined, fullDrop.site.reason, 5000 - 4096],
  );
});

test("EventCounts adds up equal kinds, skbs and segments, and stays bounded", () => {
  const counts = new EventCounts();
  counts.add(dropWith(fullDrop, { gsoSegs: 3 }));
  counts.add(dropWith(fullDrop, { gsoSegs: 4, seq: 9, sport: 1 }));
  assert.deepEqual(
    counts.list.map(({ skbs, segments }) => [skbs, segments]),
    [[2, 7]],
  );
  for (let index = 0; index < 10_000; index += 1) counts.add(dropWith(fullDrop, { ifname: `d${index}` }));
  assert.ok(counts.list.length <= 4097, String(counts.list.length));
  assert.equal(
    counts.list.reduce((total, { skbs }) => total + skbs, 0),
    10_002,
  );
});
