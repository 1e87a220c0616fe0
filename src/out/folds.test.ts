import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ownerOf } from "../../test/owner-facts.ts";
import type { Event } from "../model/index.ts";
import { dropLike, refusedLike } from "../run/events.test.kit.ts";
import { Folds } from "./folds.ts";

/** Of one site and device: only the flow and the packet differ. */
const segment = (facts: Parameters<typeof dropLike>[0] = {}): Event => dropLike({ flags: ["ACK"], ...facts });
const from = (sport: number, more: Parameters<typeof dropLike>[0] = {}): Event => segment({ sport, ...more });

describe("Folds", () => {
  test("shows the first, counts what follows, and says what all have in common", () => {
    const folds = new Folds();
    assert.equal(folds.takes(from(40_000)), false);
    assert.deepEqual(folds.takeAll(), []);
    assert.equal(folds.isEmpty, true, "forgotten: nothing came since");
    assert.equal(folds.takes(from(40_000)), false);
    assert.equal(folds.takes(from(40_001)), true);
    assert.equal(folds.takes(from(40_002, { saddr: "192.0.2.77", gsoSegs: 3 })), true);
    const [fold, ...others] = folds.takeAll();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [fold?.rows, fold?.count, fold?.entry.count, fold?.entry.segments, fold?.entry.reason?.reason],
      [2, 2, 2, 4, "TCP_INVALID_SEQUENCE"],
    );
    assert.deepEqual(fold?.source, { address: undefined, port: undefined });
    assert.deepEqual(fold?.destination, { address: "198.51.100.10", port: 443 });
    assert.equal(folds.isEmpty, false, "it may go on");
    assert.equal(folds.takes(from(40_003)), true);
    assert.deepEqual(folds.takeAll()[0]?.source, { address: "192.0.2.66", port: 40_003 });
  });

  const [one, other] = [segment({ sport: 40_000 }), segment({ sport: 40_001, dport: 80 })];
  const differing: readonly (readonly [string, Event, Event])[] = [
    ["the service's port", one, other],
    ["the service's address", one, segment({ sport: 40_001, daddr: "198.51.100.11" })],
    ["the direction", one, segment({ sport: 40_001, direction: "forwarded" })],
    ["the class", one, segment({ sport: 40_001, class: "normal" })],
    ["the site", one, segment({ sport: 40_001, location: "tcp_v4_rcv+0x1" })],
    ["the device", one, segment({ sport: 40_001, ifname: "eth1" })],
    ["which end is the service", one, segment({ saddr: "198.51.100.10", sport: 443, dport: 40_000 })],
  ];
  for (const [what, first, second] of differing)
    test(`does not take for equal what differs in ${what}`, () => {
      const folds = new Folds();
      assert.deepEqual([folds.takes(first), folds.takes(second)], [false, false]);
    });

  test("names the owner that all have in common, by what it is called", () => {
    const folds = new Folds();
    const owned = (sport: number, comm?: string): Event => ({
      ...from(sport),
      owner: comm === undefined ? undefined : ownerOf({ pid: 7, comm }),
    });
    for (const sport of [40_000, 40_001, 40_002]) folds.takes(owned(sport, "nginx"));
    assert.equal(folds.takeAll()[0]?.owner, "nginx[7]");
    for (const [sport, comm] of [[40_003, "nginx"] as const, [40_004, "curl"] as const])
      folds.takes(owned(sport, comm));
    assert.equal(folds.takeAll()[0]?.owner, "*");
    for (const sport of [40_005, 40_006]) folds.takes(owned(sport));
    assert.equal(folds.takeAll()[0]?.owner, undefined);
  });

  test("takes where a SYN goes to for the service, and a listening socket, whatever the ports", () => {
    const pairs: readonly (readonly [Event, Event])[] = [
      [from(20, { flags: ["SYN"] }), from(21, { flags: ["SYN"] })],
      [from(20, { state: "LISTEN" }), from(21, { state: "LISTEN" })],
      [
        segment({ flags: ["SYN", "ACK"], sport: 9000, dport: 20 }),
        segment({ flags: ["SYN", "ACK"], sport: 9000, dport: 21 }),
      ],
      [refusedLike(4), refusedLike(5)],
    ];
    for (const [first, second] of pairs) {
      const folds = new Folds();
      assert.deepEqual([folds.takes(first), folds.takes(second)], [false, true]);
    }
  });

  test("counts the SYNs of a row that stands for several", () => {
    const folds = new Folds();
    for (const count of [1, 4, 5]) folds.takes(refusedLike(count));
    assert.deepEqual(
      folds.takeAll().map(({ rows, count, entry }) => [rows, count, entry.count, entry.kind]),
      [[2, 9, 9, "refused"]],
    );
  });

  test("is bounded: many services of a site are one, and beyond many sites rows are shown", () => {
    const folds = new Folds();
    let shown = 0;
    for (let port = 1; port <= 2000; port += 1) if (!folds.takes(from(50_000, { dport: port }))) shown += 1;
    assert.equal(shown, 128 + 1);
    const [coarse] = folds.takeAll();
    assert.deepEqual([coarse?.count, coarse?.destination.port], [2000 - shown, undefined]);
    const many = new Folds();
    let rows = 0;
    for (let at = 0; at < 1000; at += 1)
      if (!many.takes(segment({ location: `function_${at}`, dport: at + 1 }))) rows += 1;
    assert.equal(rows, 1000);
    assert.deepEqual(many.takeAll(), []);
  });
});
