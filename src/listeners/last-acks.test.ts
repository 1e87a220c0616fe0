import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LastAcks, type SiteReading, type SiteTotal, shareAcks } from "./last-acks.ts";

const SITES = {
  overflow: { reason: "TCP_LISTEN_OVERFLOW", location: "tcp_v4_rcv+0x99" },
  cookie: { reason: "NO_SOCKET", location: "cookie_v4_check+0x54d" },
  closed: { reason: "NO_SOCKET", location: "tcp_v4_rcv+0x99" },
  unnamed: { reason: "NOT_SPECIFIED", location: "tcp_v4_rcv+0x99" },
} as const;

let named = 0;
const totals = (counts: Partial<Record<keyof typeof SITES, number>>): readonly SiteTotal[] =>
  Object.entries(counts).map(([key, count]) => ({
    key,
    count,
    name: () => {
      named += 1;
      return SITES[key as keyof typeof SITES];
    },
  }));
const still = (counts: Parameters<typeof totals>[0]): SiteReading => {
  const reading = totals(counts);
  return { first: reading, last: reading };
};

describe("LastAcks", () => {
  test("are what the totals by site rose, without those that have an event", () => {
    const acks = new LastAcks(still({ overflow: 5, closed: 3 }), true);
    for (const kind of ["last-ack", "last-ack", "cookie", undefined] as const) acks.record(kind);
    assert.deepEqual(acks.settle(still({ overflow: 15, cookie: 141, closed: 30 }), false), {
      lastAcks: 8,
      cookies: 140,
      uncertain: false,
    });
    assert.deepEqual(acks.settle(still({ overflow: 16, cookie: 141, closed: 99 }), false), {
      lastAcks: 1,
      cookies: 0,
      uncertain: false,
    });
  });

  test("where each has an event there are none, and no site is named to find out", () => {
    named = 0;
    const acks = new LastAcks(still({ overflow: 5 }), true);
    acks.record("last-ack");
    assert.deepEqual(acks.settle(still({ overflow: 6 }), true), {
      lastAcks: 0,
      cookies: 0,
      uncertain: false,
    });
    assert.equal(named, 0);
    assert.equal(acks.settle(still({ overflow: 8 }), false).lastAcks, 2);
  });

  test("before Linux 6.15 drops without a reason may be some", () => {
    const acks = new LastAcks(still({}), false);
    acks.record("maybe");
    assert.equal(acks.settle(still({ unnamed: 1 }), false).uncertain, false);
    assert.equal(acks.settle(still({ unnamed: 2 }), false).uncertain, true);
    const later = new LastAcks(still({}), true);
    assert.equal(later.settle(still({ unnamed: 2 }), false).uncertain, false);
  });

  test("what rose while namespaces were looked at is uncertain, and is for the next settlement", () => {
    const acks = new LastAcks(still({}), true);
    const reading = { first: totals({ overflow: 2 }), last: totals({ overflow: 3, closed: 7 }) };
    assert.deepEqual(acks.settle(reading, false), { lastAcks: 2, cookies: 0, uncertain: true });
    assert.deepEqual(acks.settle(still({ overflow: 3, closed: 7 }), false), {
      lastAcks: 1,
      cookies: 0,
      uncertain: false,
    });
    const moving = { first: totals({ closed: 1 }), last: totals({ closed: 2 }) };
    assert.equal(new LastAcks(moving, true).settle(still({ closed: 2 }), false).uncertain, false);
  });

  test("those that are kept back come again", () => {
    const acks = new LastAcks(still({}), true);
    acks.settle(still({ overflow: 2 }), false);
    acks.keepBack({ lastAcks: 2, cookies: 0 });
    assert.equal(acks.settle(still({ overflow: 3 }), false).lastAcks, 3);
    assert.equal(acks.settle(still({ overflow: 3 }), false).lastAcks, 0);
  });
});

describe("shareAcks", () => {
  const open = (lastAcks: number, cookies = 0) => ({ lastAcks, cookies, uncertain: false });
  const room = (lastAcks: number, cookies = 0) => ({ lastAcks, cookies });
  const shares = (...of: Parameters<typeof shareAcks>) =>
    shareAcks(...of).shares.map(({ acks, certain }) => [acks, certain]);

  test("one namespace has them all", () => {
    assert.deepEqual(shares(open(30, 141), [room(30, 500), room(0)], true), [
      [171, true],
      [0, true],
    ]);
  });

  test("several have what there is room for, where that leaves one answer", () => {
    assert.deepEqual(shares(open(12), [room(7), room(5)], true), [
      [7, true],
      [5, true],
    ]);
    const { shares: some, leftHere } = shareAcks(open(10), [room(7), room(5)], true);
    assert.deepEqual(some, [
      { acks: 5, certain: false },
      { acks: 3, certain: false },
    ]);
    assert.equal(leftHere, 2);
  });

  test("where there may have been some elsewhere, nobody surely has any", () => {
    assert.deepEqual(shares(open(5), [room(7), room(0)], false), [
      [0, false],
      [0, true],
    ]);
  });

  test("more than there is room for are somebody else's: then nothing is certain", () => {
    assert.deepEqual(shareAcks(open(9), [room(4)], true), {
      shares: [{ acks: 4, certain: false }],
      left: { lastAcks: 5, cookies: 0 },
      leftHere: 0,
    });
  });

  test("bounds hold whoever had them, and what is certain is true", () => {
    const namespace = fc.record({
      acks: fc.nat(5),
      spare: fc.nat(5),
      cookies: fc.nat(5),
      spareCookies: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(namespace, { maxLength: 4 }), fc.nat(3), (namespaces, elsewhere) => {
        const sum = (of: (one: (typeof namespaces)[number]) => number) =>
          namespaces.reduce((total, one) => total + of(one), 0);
        const result = shareAcks(
          open(
            sum(({ acks }) => acks) + elsewhere,
            sum(({ cookies }) => cookies),
          ),
          namespaces.map((one) => room(one.acks + one.spare, one.cookies + one.spareCookies)),
          elsewhere === 0,
        );
        for (const [at, { acks, certain }] of result.shares.entries()) {
          const truth = (namespaces[at]?.acks ?? 0) + (namespaces[at]?.cookies ?? 0);
          assert(acks <= truth);
          if (certain) assert.equal(acks, truth);
        }
        const shared = result.shares.reduce((total, { acks }) => total + acks, 0);
        if (elsewhere === 0)
          assert.equal(
            shared + result.leftHere,
            sum((one) => one.acks + one.cookies),
          );
      }),
    );
  });
});
