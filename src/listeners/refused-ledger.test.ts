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
import type { ListenerDrop } from "./attributed-drops.ts";
import type { ListenCounters, Reading } from "./listener-reading.ts";
import { shareOfListener } from "./listener-share.ts";
import { type Known, RefusedLedger, type Settlement } from "./refused-ledger.ts";

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
const ZERO: ListenCounters = {
  listenDrops: 0,
  listenOverflows: 0,
  reqQFullDrops: 0,
  deferAcceptDrops: 0,
  syncookiesRecv: 0,
};

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
const drop = (listener: Listener, more: Partial<DropFacts> = {}): ListenerDrop => {
  const facts = { location: "tcp_v4_rcv+0x91", reason: "SOCKET_FILTER", flags: ["SYN"], ...more } as const;
  const { address, port } = listener;
  const cookie = "skCookie" in more ? more.skCookie : listener.cookie;
  return { cookie, address, port, share: shareOfListener(dropWith(fullDrop, facts), false) };
};
const finalAck = (listener: Listener): ListenerDrop =>
  drop(listener, { reason: "TCP_LISTEN_OVERFLOW", flags: ["ACK"] });
const ALL_KNOWN: Known = { complete: true, acks: 0, certain: true, final: false };
const settle = (ledger: RefusedLedger, now: Reading, complete: boolean, more: Partial<Known> = {}) =>
  ledger.settle(ledger.open(now), { ...ALL_KNOWN, complete, ...more });
const short = ({ refused }: Settlement): unknown[] =>
  refused.map(({ count, atMost, cause, listener }) => [count, atMost, cause, listener?.port]);

describe("RefusedLedger", () => {
  test("counts the rise of sk_drops since the last reading, each once", () => {
    const ledger = new RefusedLedger(reading(10, dropped(LISTENER, 7)));
    assert.deepEqual(short(settle(ledger, reading(13, dropped(LISTENER, 10)), true)), [
      [3, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
    assert.deepEqual(short(settle(ledger, reading(13, dropped(LISTENER, 10)), true)), []);
    assert.deepEqual(short(settle(ledger, reading(14, dropped(LISTENER, 11)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("follows sk_drops over its wrap", () => {
    const ledger = new RefusedLedger(reading(0, dropped(LISTENER, -2)));
    assert.deepEqual(short(settle(ledger, reading(5, dropped(LISTENER, 3)), true)), [
      [5, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("takes off what has events: wire segments, and a last ACK in both counters", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    ledger.recordDrop(drop(LISTENER, { gsoSegs: 3 }));
    ledger.recordDrop(finalAck(LISTENER));
    // 2 refused: sk_drops 2 + 3 + (1 + 1), ListenDrops 2 + 1.
    assert.deepEqual(short(settle(ledger, reading(3, dropped(LISTENER, 7)), true)), [
      [2, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("last ACKs alone are nothing refused", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    for (let times = 0; times < 4; times += 1) ledger.recordDrop(finalAck(LISTENER));
    assert.deepEqual(short(settle(ledger, reading(4, dropped(LISTENER, 8)), true)), []);
  });

  test("knows a socket without a cookie by its address", () => {
    const ledger = new RefusedLedger(reading(0));
    ledger.recordDrop(drop(LISTENER, { skCookie: undefined }));
    assert.deepEqual(short(settle(ledger, reading(1, dropped(LISTENER, 2)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
    const dual = { ...LISTENER, ip: 6, address: "::" } as const;
    ledger.recordDrop(drop(LISTENER, { skCookie: undefined }));
    assert.deepEqual(short(settle(ledger, reading(2, { ...dual, cookie: 3n, drops: 2 }), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("where no cookie identifies a socket, what lies at a freed one's address begins at 0", () => {
    const old: Listener = { ...LISTENER, skCookie: undefined, drops: 100 };
    for (const other of [
      { ...old, port: 81, drops: 5 },
      { ...old, port: 80, drops: 5 },
      { ...old, port: 81, drops: 105 },
    ]) {
      const ledger = new RefusedLedger(reading(0, old));
      assert.deepEqual(short(settle(ledger, reading(other.drops, other), true)), [
        [other.drops, false, "ACCEPT_QUEUE_FULL", other.port],
      ]);
    }
  });

  test("where the listener's cookie is not known, an event with one is found by its address", () => {
    const ledger = new RefusedLedger(reading(0));
    ledger.recordDrop(drop(LISTENER));
    assert.deepEqual(
      short(settle(ledger, reading(1, { ...dropped(LISTENER, 2), skCookie: undefined }), true)),
      [[1, false, "ACCEPT_QUEUE_FULL", 80]],
    );
  });

  test("what no listener accounts for was refused by one that is gone", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER, OTHER));
    const result = settle(ledger, reading(5, dropped(LISTENER, 2)), true);
    assert.deepEqual(short(result), [
      [2, false, "ACCEPT_QUEUE_FULL", 80],
      [3, false, "ACCEPT_QUEUE_FULL", undefined],
    ]);
    assert.deepEqual(short(settle(ledger, { ...reading(6), listeners: undefined }, true)), [
      [1, false, "ACCEPT_QUEUE_FULL", undefined],
    ]);
  });

  test("where listeners account for too much, each is a bound, and the total stays right", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER, OTHER));
    // Three of OTHER's four were drops whose events were lost.
    const result = settle(ledger, reading(4, dropped(LISTENER, 3), dropped(OTHER, 5)), false);
    assert.deepEqual(short(result), [
      [3, true, "ACCEPT_QUEUE_FULL", 80],
      [4, true, "ACCEPT_QUEUE_FULL", 81],
    ]);
    assert.deepEqual([...result.byCause], [["ACCEPT_QUEUE_FULL", { count: 4, atMost: false }]]);
    assert.deepEqual(short(settle(ledger, reading(4, dropped(LISTENER, 3), dropped(OTHER, 5)), true)), []);
  });

  test("incomplete events make it at most, and only for that reading", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    assert.deepEqual(short(settle(ledger, reading(2, dropped(LISTENER, 2)), false)), [
      [2, true, "ACCEPT_QUEUE_FULL", 80],
    ]);
    assert.deepEqual(short(settle(ledger, reading(3, dropped(LISTENER, 3)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("a listener ahead of the counters is not counted twice", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    const moving: Reading = { before: counters(2), listeners: [dropped(LISTENER, 5)], after: counters(6) };
    assert.deepEqual(short(settle(ledger, moving, true)), [[5, false, "ACCEPT_QUEUE_FULL", 80]]);
    assert.deepEqual(short(settle(ledger, reading(6, dropped(LISTENER, 6)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("an event ahead of sk_drops is taken off the next reading", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    ledger.recordDrop(finalAck(LISTENER));
    assert.deepEqual(short(settle(ledger, reading(0, LISTENER), true)), []);
    assert.deepEqual(short(settle(ledger, reading(1, dropped(LISTENER, 2)), true)), []);
    assert.deepEqual(short(settle(ledger, reading(2, dropped(LISTENER, 3)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("an event that the counters never follow is forgotten, and hides no SYN that is refused later", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    ledger.recordDrop(finalAck(LISTENER));
    for (let times = 0; times < 3; times += 1)
      assert.deepEqual(short(settle(ledger, { ...reading(0), listeners: undefined }, true)), []);
    assert.deepEqual(short(settle(ledger, reading(4, dropped(LISTENER, 4)), true)).length > 0, true);
  });

  test("counters distinguish causes: each of one listener, of several only where there is one", () => {
    const mixed = counters(7, { listenOverflows: 2, reqQFullDrops: 4 });
    const one = new RefusedLedger(reading(0, LISTENER));
    assert.deepEqual(
      short(settle(one, { before: mixed, listeners: [dropped(LISTENER, 7)], after: mixed }, true)),
      [
        [2, false, "ACCEPT_QUEUE_FULL", 80],
        [4, false, "SYN_QUEUE_FULL", 80],
        [1, true, "LISTEN_DROP", 80],
      ],
    );
    const two = new RefusedLedger(reading(0, LISTENER, OTHER));
    const result = settle(
      two,
      { before: mixed, listeners: [dropped(LISTENER, 3), dropped(OTHER, 4)], after: mixed },
      true,
    );
    assert.deepEqual(short(result), [
      [3, true, "LISTEN_DROP", 80],
      [4, true, "LISTEN_DROP", 81],
    ]);
    assert.deepEqual(Object.fromEntries(result.byCause), {
      ACCEPT_QUEUE_FULL: { count: 2, atMost: false },
      SYN_QUEUE_FULL: { count: 4, atMost: false },
      LISTEN_DROP: { count: 1, atMost: true },
    });
  });

  test("without a baseline the first reading is at most, or quiet", () => {
    const noBaseline = { ...reading(5), listeners: undefined };
    const first = new RefusedLedger(noBaseline);
    assert.ok(first.needsListeners(counters(5)));
    assert.deepEqual(short(settle(first, reading(6, dropped(LISTENER, 9)), true)), [
      [1, true, "ACCEPT_QUEUE_FULL", 80],
    ]);
    const quiet = new RefusedLedger(noBaseline);
    assert.deepEqual(short(settle(quiet, reading(5, dropped(LISTENER, 9)), true)), []);
    assert.ok(!quiet.needsListeners(counters(5)));
    assert.deepEqual(short(settle(quiet, reading(6, dropped(LISTENER, 10)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("before Linux 6.15 what may be a last ACK is taken for one, unless TCP_DEFER_ACCEPT put it off", () => {
    const unnamed = drop(LISTENER, { reason: "NOT_SPECIFIED", flags: ["ACK"] });
    const ledger = new RefusedLedger(reading(0, LISTENER));
    ledger.recordDrop(unnamed);
    assert.deepEqual(short(settle(ledger, reading(3, dropped(LISTENER, 4)), true)), [
      [2, true, "ACCEPT_QUEUE_FULL", 80],
    ]);
    ledger.recordDrop(unnamed);
    const deferred = counters(4, { deferAcceptDrops: 1 });
    assert.deepEqual(
      short(settle(ledger, { before: deferred, listeners: [dropped(LISTENER, 6)], after: deferred }, true)),
      [[1, true, "ACCEPT_QUEUE_FULL", 80]],
    );
  });

  test("whatever happens between readings, each refused SYN is counted once, at its listener", () => {
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
        assert.deepEqual(kernel.reported, kernel.refused);
      }),
    );
  });
});

/** Two listeners and their namespace, counting as the kernel does. */
class Kernel {
  readonly refused: [number, number] = [0, 0];
  readonly reported: [number, number] = [0, 0];
  readonly #sockets = [LISTENER, OTHER] as const;
  readonly #drops: [number, number] = [0, 0];
  #listenDrops = 0;
  readonly #ledger = new RefusedLedger(reading(0, ...this.#sockets));

  drop(at: 0 | 1, kind: string): void {
    this.#drops[at] += kind === "last-ack" ? 2 : 1;
    if (kind !== "filtered") this.#listenDrops += 1;
    if (kind === "refused") this.refused[at] += 1;
    else this.#ledger.recordDrop(kind === "filtered" ? drop(this.#sockets[at]) : finalAck(this.#sockets[at]));
  }

  read(): void {
    const now = reading(this.#listenDrops, dropped(LISTENER, this.#drops[0]), dropped(OTHER, this.#drops[1]));
    for (const { count, atMost, listener } of settle(this.#ledger, now, true).refused) {
      assert.ok(!atMost && listener !== undefined);
      this.reported[listener.cookie === LISTENER.cookie ? 0 : 1] += count;
    }
  }
}

describe("RefusedLedger, where not every drop has an event", () => {
  const LIMITED = { certain: true, acks: 0 } as const;
  /** `acks` last ACKs and `cookies` with a SYN cookie, none with an event, and SYNs that were refused. */
  const mixed = (refused: number, acks: number, cookies: number): Reading => {
    const now = counters(refused + acks + cookies, { syncookiesRecv: cookies + 5 });
    return { before: now, listeners: [dropped(LISTENER, refused + 2 * acks + cookies)], after: now };
  };
  const fresh = (): RefusedLedger => new RefusedLedger(reading(0, LISTENER));

  test("the namespace says how many last ACKs there can have been", () => {
    const { room } = fresh().open(mixed(9, 4, 7));
    assert.deepEqual(room, { lastAcks: 4, cookies: 12 });
    const unknown = new RefusedLedger({ ...reading(0), listeners: undefined }).open(mixed(9, 4, 7));
    assert.deepEqual(unknown.room, { lastAcks: 20, cookies: 12 });
    const gone = new RefusedLedger(reading(0, LISTENER, OTHER)).open(mixed(9, 4, 7));
    assert.deepEqual(gone.room, { lastAcks: 20, cookies: 12 });
  });

  test("last ACKs known without an event are not refused; the listener's own count is a bound", () => {
    const result = settle(fresh(), mixed(9, 4, 7), false, { ...LIMITED, acks: 11 });
    assert.deepEqual(short(result), [[9, true, "ACCEPT_QUEUE_FULL", 80]]);
    assert.deepEqual([...result.byCause], [["ACCEPT_QUEUE_FULL", { count: 9, atMost: false }]]);
  });

  test("where their number is a bound, the causes that count them are bounds too", () => {
    const now = counters(20, { listenOverflows: 17, reqQFullDrops: 3 });
    const all = { before: now, listeners: [dropped(LISTENER, 24)], after: now };
    const result = settle(fresh(), all, false, { acks: 4, certain: false });
    assert.deepEqual(Object.fromEntries(result.byCause), {
      ACCEPT_QUEUE_FULL: { count: 13, atMost: true },
      SYN_QUEUE_FULL: { count: 3, atMost: false },
    });
  });

  test("more of them than ListenDrops counted leave a bound", () => {
    const result = settle(fresh(), mixed(1, 0, 0), false, { ...LIMITED, acks: 3 });
    assert.deepEqual(short(result), []);
  });

  test("counters that move during the last reading leave a bound", () => {
    const moving: Reading = { before: counters(2), listeners: [dropped(LISTENER, 3)], after: counters(3) };
    assert.deepEqual(
      [...settle(fresh(), moving, true, { final: true }).byCause],
      [["ACCEPT_QUEUE_FULL", { count: 3, atMost: true }]],
    );
  });
});

describe("RefusedLedger.recordClosed", () => {
  test("what a listener refused that was closed since has its address", () => {
    const ledger = new RefusedLedger(reading(0, dropped(LISTENER, 5)));
    ledger.recordDrop(finalAck(LISTENER));
    ledger.recordClosed(dropped(LISTENER, 5 + 2 + 3));
    assert.deepEqual(short(settle(ledger, reading(4), true)), [[3, false, "ACCEPT_QUEUE_FULL", 80]]);
    assert.deepEqual(short(settle(ledger, reading(4), true)), []);
  });

  test("also where it was opened after the last reading, and where the others could not be asked", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    ledger.recordClosed(dropped(OTHER, 3));
    const result = settle(ledger, { ...reading(5), listeners: undefined }, true, { final: true });
    assert.deepEqual(short(result), [
      [3, false, "ACCEPT_QUEUE_FULL", 81],
      [2, false, "ACCEPT_QUEUE_FULL", undefined],
    ]);
  });

  test("a socket that listens again goes on counting where it was", () => {
    const ledger = new RefusedLedger(reading(0, LISTENER));
    ledger.recordClosed(dropped(LISTENER, 2));
    assert.deepEqual(short(settle(ledger, reading(2), true)), [[2, false, "ACCEPT_QUEUE_FULL", 80]]);
    assert.deepEqual(short(settle(ledger, reading(3, dropped(LISTENER, 3)), true)), [
      [1, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
    ledger.recordClosed(dropped(LISTENER, 4));
    assert.deepEqual(short(settle(ledger, reading(5, dropped(LISTENER, 5)), true)), [
      [2, false, "ACCEPT_QUEUE_FULL", 80],
    ]);
  });

  test("of a namespace that has gone, closed sockets alone are known: at most, for no known cause", () => {
    const ledger = new RefusedLedger(reading(7, dropped(LISTENER, 5)));
    ledger.recordDrop(drop(LISTENER));
    ledger.recordClosed(dropped(LISTENER, 9));
    ledger.recordClosed(dropped(OTHER, 0));
    assert.deepEqual(short(ledger.settleClosed()), [[3, true, "LISTEN_DROP", 80]]);
    assert.deepEqual(short(ledger.settleClosed()), []);
  });

  test("keeps no more of them than there is room for", () => {
    const ledger = new RefusedLedger(reading(0));
    for (let at = 0; at < 100_000; at += 1)
      ledger.recordClosed({ ...LISTENER, cookie: BigInt(at), skCookie: BigInt(at), drops: 1 });
    assert.equal(ledger.size, 1024);
    assert.equal(settle(ledger, reading(100_000), true).byCause.get("ACCEPT_QUEUE_FULL")?.count, 100_000);
    assert.equal(ledger.size, 0);
  });
});

test("RefusedLedger asks for the listeners before it forgets drops, and says so where it had to", () => {
  const ledger = new RefusedLedger(reading(0, LISTENER));
  const scan = (count: number): void => {
    for (let at = 0; at < count; at += 1)
      ledger.recordDrop(
        drop(
          { ...LISTENER, address: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}` },
          { skCookie: undefined },
        ),
      );
  };
  scan(500);
  assert.equal(ledger.needsListeners(counters(0)), false);
  scan(600);
  assert.equal(ledger.needsListeners(counters(0)), true);
  const any = { ...LISTENER, address: "0.0.0.0" };
  assert.deepEqual(short(settle(ledger, reading(0, dropped(any, 1100)), true)), []);
  assert.equal(ledger.size, 0);
  scan(500_000);
  assert(ledger.size <= 1024);
  const result = settle(ledger, reading(4, dropped(any, 1100 + 500_004)), true);
  assert.deepEqual(short(result), [[4, true, "ACCEPT_QUEUE_FULL", 80]]);
  assert.deepEqual([...result.byCause], [["ACCEPT_QUEUE_FULL", { count: 4, atMost: false }]]);
});
