import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { EventCounts } from "./event-counts.ts";
import { dropsWithoutEvent, type SiteReading } from "./unseen.ts";

const site = (reason: string | undefined, location: string | undefined, count: number): SiteReading => ({
  count,
  name: () => ({ reason, subsystem: reason === undefined ? undefined : "CORE", location }),
});
const event = (reason: string | undefined, location: string) =>
  dropWith(fullDrop, {
    reason,
    reasonSubsystem: reason === undefined ? undefined : "CORE",
    location,
  });

function seen(...events: readonly ReturnType<typeof event>[]): EventCounts["list"] {
  const counts = new EventCounts();
  for (const one of events) counts.add(one);
  return counts.list;
}

const ALL = 1000;

test("the rise between two readings, minus the events of the same function", () => {
  const before = [site("TCP_CSUM", "tcp_v4_rcv+0x91", 5)];
  const after = [
    site("TCP_CSUM", "tcp_v4_rcv+0x91", 15),
    site("TCP_CSUM", "tcp_v4_rcv+0xa0", 2),
    site("NO_SOCKET", "tcp_v4_rcv+0x10", 3),
  ];
  const events = seen(event("TCP_CSUM", "tcp_v4_rcv+0x91"), event("TCP_CSUM", "tcp_v4_rcv+0x91"));
  assert.deepEqual(dropsWithoutEvent({ before, after, seen: events, most: ALL }), {
    kinds: [
      { reason: "TCP_CSUM", subsystem: "CORE", at: "tcp_v4_rcv", skbs: 10 },
      { reason: "NO_SOCKET", subsystem: "CORE", at: "tcp_v4_rcv", skbs: 3 },
    ],
    withoutSite: 0,
  });
});

test("at most those without an event: drops just at a reading are not among them", () => {
  const after = [site("TCP_CSUM", "tcp_v4_rcv+0x91", 15)];
  assert.deepEqual(dropsWithoutEvent({ before: [], after, seen: [], most: 0 }), {
    kinds: [],
    withoutSite: 0,
  });
  assert.equal(dropsWithoutEvent({ before: [], after, seen: [], most: 4 }).kinds[0]?.skbs, 4);
});

test("sites beyond the kernel's map have no name", () => {
  const after = [site("TCP_CSUM", "tcp_v4_rcv+0x91", 15), site(undefined, undefined, 7)];
  assert.deepEqual(
    dropsWithoutEvent({ before: [site(undefined, undefined, 1)], after, seen: [], most: ALL }).withoutSite,
    6,
  );
});

test("events counted by reason only belong to one of its functions, and to no other reason", () => {
  const after = [
    site("TCP_CSUM", "tcp_v4_rcv+0x91", 4),
    site("TCP_CSUM", "tcp_v6_rcv+0x91", 4),
    site("NO_SOCKET", "tcp_v4_rcv+0x10", 3),
  ];
  const events = [{ ...seen(event("TCP_CSUM", "0x1"))[0], at: undefined, skbs: 6 }] as EventCounts["list"];
  const { kinds } = dropsWithoutEvent({ before: [], after, seen: events, most: ALL });
  assert.deepEqual(
    kinds.map(({ reason, skbs }) => [reason, skbs]),
    [
      ["TCP_CSUM", 2],
      ["NO_SOCKET", 3],
    ],
  );
});

test("without reasons of the kernel, an event with an inferred reason still belongs to its site", () => {
  const after = [site(undefined, "tcp_v4_rcv+0x91", 5)];
  const inferred = { ...event(undefined, "tcp_v4_rcv+0x91"), reason: "NO_SOCKET" };
  assert.equal(
    dropsWithoutEvent({ before: [], after, seen: seen(inferred, inferred), most: ALL }).kinds[0]?.skbs,
    3,
  );
});

test("property: never more than had no event, and all of those that exist", () => {
  const sites = fc.array(
    fc.record({
      reason: fc.constantFrom("A", "B", undefined),
      location: fc.constantFrom("one+0x1", "two+0x2", undefined),
      count: fc.nat(50),
    }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(sites, fc.nat(100), (rows, most) => {
      const after = rows.map(({ reason, location, count }) => site(reason, location, count));
      const { kinds, withoutSite } = dropsWithoutEvent({ before: [], after, seen: [], most });
      const dropped = after.reduce((sum, { count }) => sum + count, 0);
      assert.equal(
        kinds.reduce((sum, { skbs }) => sum + skbs, withoutSite),
        Math.min(most, dropped),
      );
      assert.ok(kinds.every(({ skbs }) => skbs > 0));
    }),
  );
});
