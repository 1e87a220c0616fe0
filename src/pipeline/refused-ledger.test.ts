/**
 * The arithmetic of refused SYNs, against a kernel made of plain numbers: what was refused is known, and must
 * come out.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type DropFacts, dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";
import type { DropEvent } from "../model/index.ts";
import { type ListenCounters, type Reading, type Reckoning, RefusedLedger } from "./refused-ledger.ts";

const LISTENER: Listener = {
  cookie: 1n,
  skCookie: 1n,
  ip: 4,
  address: "192.0.2.2",
  port: 80,
  takesIpv4: true,
  drops: 0,
  acceptQueue: 1,
  acceptQueueLimit: 0,
};
const OTHER: Listener = { ...LISTENER, cookie: 2n, skCookie: 2n, port: 81 };
const ZERO: ListenCounters = { listenDrops: 0, listenOverflows: 0, reqQFullDrops: 0, deferAcceptDrops: 0 };

const counters = (listenDrops: number, more: Partial<ListenCounters> = {}): ListenCounters => ({
  ...ZERO,
  listenDrops,
  listenOverflows: listenDrops,
  ...more,
});
const reading = (listenDrops: number, ...listeners: Listener[]): Reading => ({
  before: counters(listenDrops),
  listeners,
  after: counters(listenDrops),
});
const dropped = (listener: Listener, drops: number): Listener => ({ ...listener, drops: drops >>> 0 });
const event = (listener: Listener, more: Partial<DropFacts> = {}): DropEvent =>
  dropWith(fullDrop, {
    state: "LISTEN",
    location: "tcp_v4_rcv+0x91",
    reason: "SOCKET_FILTER",
    flags: ["SYN"],
    daddr: listener.address,
    dport: listener.port,
    skCookie: listener.cookie,
    ...more,
  });
const finalAck = (listener: Listener): DropEvent =>
  event(listener, { reason: "TCP_LISTEN_OVERFLOW", flags: ["ACK"] });
const short = ({ refusals }: Reckoning): unknown[] =>
  refusals.map(({ count, atMost, cause, listener }) => [count, atMost, cause, listener?.port]);

describe("RefusedLedger", () => {
  test("tells the rise of sk_drops since the last reading, and each once", () => {
    const ledger = new RefusedLedger(reading(10, dropped(LISTENER, 7)));
    assert.deepEqual(short(ledger.reckon(reading(13, dropped(LISTENER, 10)), true)), [
      [3, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
    assert.deepEqual(short(ledger.reckon(reading(13, dropped(LISTENER, 10)), true)), []);
    assert.deepEqual(short(ledger.reckon(reading(14, dropped(LISTENER, 11)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("follows sk_drops over its wrap", () => {
    const ledger = new RefusedLedger(reading(0, dropped(LISTENER, -2)));
    assert.deepEqual(short(ledger.reckon(reading(5, dropped(LISTENER, 3)), true)), [
      [5, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("takes off what has events: wire segments, and a last ACK in both counters", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    ledger.saw(event(LISTENER, { gsoSegs: 3 }));
    ledger.saw(finalAck(LISTENER));
    // 2 refused: sk_drops 2 + 3 + (1 + 1), ListenDrops 2 + 1.
    assert.deepEqual(short(ledger.reckon(reading(3, dropped(LISTENER, 7)), true)), [
      [2, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("last ACKs alone are nothing refused", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    for (let times = 0; times < 4; times += 1) ledger.saw(finalAck(LISTENER));
    assert.deepEqual(short(ledger.reckon(reading(4, dropped(LISTENER, 8)), true)), []);
  });

  test("knows a socket without a cookie by its address", () => {
    const ledger = new RefusedLedger(reading(0));
    ledger.saw(event(LISTENER, { skCookie: undefined }));
    assert.deepEqual(short(ledger.reckon(reading(1, dropped(LISTENER, 2)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
    const dual = { ...LISTENER, ip: 6, address: "::" } as const;
    ledger.saw(event(LISTENER, { skCookie: undefined }));
    assert.deepEqual(short(ledger.reckon(reading(2, { ...dual, cookie: 3n, drops: 2 }), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("where no cookie tells sockets apart, what lies at a freed one's address begins at 0", () => {
    const old: Listener = { ...LISTENER, skCookie: undefined, drops: 100 };
    for (const other of [
      { ...old, port: 81, drops: 5 },
      { ...old, port: 80, drops: 5 },
      { ...old, port: 81, drops: 105 },
    ]) {
      const ledger = new RefusedLedger(reading(0, old));
      assert.deepEqual(short(ledger.reckon(reading(other.drops, other), true)), [
        [other.drops, false, "ACCEPT_QUEUE_FULL", other.port],
      ]);
    }
  });

  test("where the listener's cookie is not known, an event with one is found by its address", () => {
    const ledger = new RefusedLedger(reading(0));
    ledger.saw(event(LISTENER));
    assert.deepEqual(
      short(ledger.reckon(reading(1, { ...dropped(LISTENER, 2), skCookie: undefined }), true)),
      [[1, false, "ACCEPT_QUEUE_FULL", 80]],
    );
  });

  test("what no listener accounts for was refused by one that is gone", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER, OTHER));
    const result = ledger.reckon(reading(5, dropped(LISTENER, 2)), true);
    assert.deepEqual(short(result), [
      [2, false, "ACCEPT_QUEUE_FULL", 80],
      [3, false, "ACCEPT_QUEUE_FULL", undefined],
    ]);
    assert.deepEqual(short(ledger.reckon({ ...reading(6), listeners: undefined }, true)), [
      [1, false, "ACCEPT_QUEUE_FULL", undefined],
    ]);
  });

  test("where listeners account for too much, each is told at most what the namespace counts, and the total stays right", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER, OTHER));
    // Three of OTHER's four were drops whose events were lost.
    const result = ledger.reckon(reading(4, dropped(LISTENER, 3), dropped(OTHER, 5)), false);
    assert.deepEqual(short(result), [
      [3, true, "ACCEPT_QUEUE_FULL", 80],
      [4, true, "ACCEPT_QUEUE_FULL", 81],
    ]);
    assert.deepEqual([...result.byCause], [["ACCEPT_QUEUE_FULL", 4]]);
    assert.deepEqual(short(ledger.reckon(reading(4, dropped(LISTENER, 3), dropped(OTHER, 5)), true)), []);
  });

  test("incomplete events make it at most, and only for that reading", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    assert.deepEqual(short(ledger.reckon(reading(2, dropped(LISTENER, 2)), false)), [
      [2, true, "ACCEPT_QUEUE_FULL", 80],
    ]);
    assert.deepEqual(short(ledger.reckon(reading(3, dropped(LISTENER, 3)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("a listener ahead of the counters is not told twice", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    const moving: Reading = { before: counters(2), listeners: [dropped(LISTENER, 5)], after: counters(6) };
    assert.deepEqual(short(ledger.reckon(moving, true)), [[5, false, "ACCEPT_QUEUE_FULL", 80]]);
    assert.deepEqual(short(ledger.reckon(reading(6, dropped(LISTENER, 6)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("an event ahead of sk_drops is taken off the next reading", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    ledger.saw(finalAck(LISTENER));
    assert.deepEqual(short(ledger.reckon(reading(0, LISTENER), true)), []);
    assert.deepEqual(short(ledger.reckon(reading(1, dropped(LISTENER, 2)), true)), []);
    assert.deepEqual(short(ledger.reckon(reading(2, dropped(LISTENER, 3)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("an event that the counters never follow is forgotten, and hides no SYN that is refused later", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    ledger.saw(finalAck(LISTENER));
    for (let times = 0; times < 3; times += 1)
      assert.deepEqual(short(ledger.reckon({ ...reading(0), listeners: undefined }, true)), []);
    assert.deepEqual(short(ledger.reckon(reading(4, dropped(LISTENER, 4)), true)).length > 0, true);
  });

  test("causes are told apart by counters: for one listener each, for several only where there is one", () => {
    const mixed = counters(7, { listenOverflows: 2, reqQFullDrops: 4 });
    const one = new RefusedLedger(reading(0, LISTENER));
    assert.deepEqual(
      short(one.reckon({ before: mixed, listeners: [dropped(LISTENER, 7)], after: mixed }, true)),
      [
        [2, false, "ACCEPT_QUEUE_FULL", 80],
        [4, false, "SYN_QUEUE_FULL", 80],
        [1, false, "LISTEN_DROP", 80],
      ],
    );
    const two = new RefusedLedger(reading(0, LISTENER, OTHER));
    const result = two.reckon(
      { before: mixed, listeners: [dropped(LISTENER, 3), dropped(OTHER, 4)], after: mixed },
      true,
    );
    assert.deepEqual(short(result), [
      [3, false, "LISTEN_DROP", 80],
      [4, false, "LISTEN_DROP", 81],
    ]);
    assert.deepEqual(Object.fromEntries(result.byCause), {
      ACCEPT_QUEUE_FULL: 2,
      SYN_QUEUE_FULL: 4,
      LISTEN_DROP: 1,
    });
  });

  test("without a baseline the first reading is at most, or quiet", () => {
    const noBaseline = { ...reading(5), listeners: undefined };
    const first = new RefusedLedger(noBaseline);
    assert.ok(first.needsListeners(counters(5)));
    assert.deepEqual(short(first.reckon(reading(6, dropped(LISTENER, 9)), true)), [
      [1, true, "ACCEPT_QUEUE_FULL", 80],
    ]);
    const quiet = new RefusedLedger(noBaseline);
    assert.deepEqual(short(quiet.reckon(reading(5, dropped(LISTENER, 9)), true)), []);
    assert.ok(!quiet.needsListeners(counters(5)));
    assert.deepEqual(short(quiet.reckon(reading(6, dropped(LISTENER, 10)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("before Linux 6.15 a last ACK has no reason of its own: it is taken for one, unless TCP_DEFER_ACCEPT put it off, and said so", () => {
    const unnamed = event(LISTENER, { reason: "NOT_SPECIFIED", flags: ["ACK"] });
    const ledger = new RefusedLedger(reading(0, LISTENER));
    ledger.saw(unnamed);
    assert.deepEqual(short(ledger.reckon(reading(3, dropped(LISTENER, 4)), true)), [
      [2, true, "ACCEPT_QUEUE_FULL", 80],
    ]);
    ledger.saw(unnamed);
    const deferred = counters(4, { deferAcceptDrops: 1 });
    assert.deepEqual(
      short(ledger.reckon({ before: deferred, listeners: [dropped(LISTENER, 6)], after: deferred }, true)),
      [[1, true, "ACCEPT_QUEUE_FULL", 80]],
    );
  });

  test("whatever happens between readings, each refused SYN is told once, at its listener", () => {
    const step = fc.record({
      at: fc.constantFrom(0 as const, 1 as const),
      kind: fc.constantFrom("refused", "filtered", "last-ack", "read"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const kernel = new Kernel();
        for (const { at, kind } of steps) {
          if (kind === "read") kernel.read();
          else kernel.drop(at, kind);
        }
        kernel.read();
        assert.deepEqual(kernel.told, kernel.refused);
      }),
    );
  });
});

/** Two listeners and their namespace, counting as the kernel does. */
class Kernel {
  readonly refused: [number, number] = [0, 0];
  readonly told: [number, number] = [0, 0];
  readonly #sockets = [LISTENER, OTHER] as const;
  readonly #drops: [number, number] = [0, 0];
  #listenDrops = 0;
  readonly #ledger = new RefusedLedger(reading(0, ...this.#sockets));

  drop(at: 0 | 1, kind: string): void {
    this.#drops[at] += kind === "last-ack" ? 2 : 1;
    if (kind !== "filtered") this.#listenDrops += 1;
    if (kind === "refused") this.refused[at] += 1;
    else this.#ledger.saw(kind === "filtered" ? event(this.#sockets[at]) : finalAck(this.#sockets[at]));
  }

  read(): void {
    const now = reading(this.#listenDrops, dropped(LISTENER, this.#drops[0]), dropped(OTHER, this.#drops[1]));
    for (const { count, atMost, listener } of this.#ledger.reckon(now, true).refusals) {
      assert.ok(!atMost && listener !== undefined);
      this.told[listener.cookie === LISTENER.cookie ? 0 : 1] += count;
    }
  }
}
