import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";
import { AttributedDrops, type ListenerDrop, MAX_KEPT } from "./attributed-drops.ts";
import type { ListenerShare } from "./listener-share.ts";

const SHARE: ListenerShare = { countedAs: undefined, skDrops: 1 };
const drop = (address: string, port: number, cookie?: bigint, share = SHARE): ListenerDrop => ({
  cookie,
  address,
  port,
  share,
});
const listener = (cookie: bigint, address: string, port: number, more: Partial<Listener> = {}): Listener => ({
  cookie,
  skCookie: cookie,
  ip: address.includes(":") ? 6 : 4,
  address,
  port,
  takesIpv4: !address.includes(":"),
  drops: 0,
  acceptQueue: 0,
  acceptQueueLimit: 0,
  ...more,
});
const taken = (drops: AttributedDrops, ...listeners: readonly Listener[]) =>
  Object.fromEntries([...drops.take(listeners)].map(([cookie, { skDrops }]) => [String(cookie), skDrops]));

describe("AttributedDrops", () => {
  test("gives each listener what carries its cookie", () => {
    const drops = new AttributedDrops();
    for (const cookie of [1n, 2n, 2n, 3n]) drops.add(drop("192.0.2.2", 80, cookie));
    assert.deepEqual(taken(drops, listener(1n, "0.0.0.0", 80), listener(2n, "192.0.2.2", 80)), {
      1: 1,
      2: 2,
    });
    assert.equal(drops.size, 0);
  });

  test("a last ACK is one more, and one that may be is kept apart", () => {
    const drops = new AttributedDrops();
    for (const countedAs of ["last-ack", "cookie", "maybe"] as const)
      drops.add(drop("192.0.2.2", 80, 1n, { countedAs, skDrops: countedAs === "cookie" ? 0 : 3 }));
    const sums = drops.take([listener(1n, "192.0.2.2", 80)]);
    assert.deepEqual(sums.get(1n), { skDrops: 3 + 1 + 1 + 3, maybe: 1 });
  });

  test("without a cookie the own address comes before any address, and each family stays apart", () => {
    const drops = new AttributedDrops();
    for (const address of ["192.0.2.2", "192.0.2.2", "192.0.2.3", "2001:db8::2", "2001:db8::3"])
      drops.add(drop(address, 80));
    drops.add(drop("192.0.2.2", 81));
    assert.deepEqual(
      taken(
        drops,
        listener(1n, "0.0.0.0", 80),
        listener(2n, "192.0.2.2", 80),
        listener(3n, "::", 80, { takesIpv4: false }),
        listener(4n, "2001:db8::3", 80),
      ),
      { 1: 1, 2: 2, 3: 1, 4: 1 },
    );
  });

  test("a socket for both families takes both, at any address and at a mapped one", () => {
    const drops = new AttributedDrops();
    for (const address of ["192.0.2.2", "192.0.2.3", "2001:db8::2"]) drops.add(drop(address, 80));
    const both = { takesIpv4: true };
    const mapped = listener(2n, "::ffff:192.0.2.3", 80, both);
    assert.deepEqual(taken(drops, listener(1n, "::", 80, both), mapped), { 1: 2, 2: 1 });
  });

  test("where the kernel gives the iterator no cookies, addresses decide for all", () => {
    const drops = new AttributedDrops();
    drops.add(drop("192.0.2.2", 80, 7n));
    drops.add(drop("192.0.2.3", 80));
    const any = listener(0xffff_8880n, "0.0.0.0", 80, { skCookie: undefined });
    assert.deepEqual(taken(drops, any), { [String(any.cookie)]: 2 });
  });

  test("keeps so many sockets and addresses, asks for the listeners before, says where that failed", () => {
    const drops = new AttributedDrops();
    for (let at = 0; at < MAX_KEPT / 2 - 1; at += 1) drops.add(drop(`10.0.${at >> 8}.${at & 255}`, 80));
    assert.deepEqual([drops.isLarge, drops.isIncomplete], [false, false]);
    for (let at = 0; at < 500_000; at += 1)
      drops.add(
        drop(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, at & 1023, at & 1 ? BigInt(at) : undefined),
      );
    assert.equal(drops.size, MAX_KEPT);
    assert.deepEqual([drops.isLarge, drops.isIncomplete], [true, true]);
    drops.take([]);
    assert.deepEqual([drops.size, drops.isLarge, drops.isIncomplete], [0, false, false]);
  });

  for (const address of ["0.0.0.0", "192.0.2.2"])
    test(`looks at each listener and each drop a few times, however many there are: ${address}`, () => {
      const reads = (listeners: number, kept: number): number => {
        let count = 0;
        const drops = new AttributedDrops();
        for (let at = 0; at < kept; at += 1) drops.add(drop(`10.0.${at >> 8}.${at & 255}`, 80));
        const watched = Array.from({ length: listeners }, (_unused, at) => {
          const one = listener(BigInt(at + 1), address, 80);
          return new Proxy(one, {
            get: (target, name) => {
              count += 1;
              return Reflect.get(target, name);
            },
          });
        });
        drops.take(watched);
        return count;
      };
      // Every look of a listener at a drop would read the listener's port.
      assert.equal(reads(400, MAX_KEPT), reads(400, 0));
      assert(reads(800, MAX_KEPT) <= 2 * reads(400, MAX_KEPT) + 10);
    });

  test("finds the same as looking for the listener of each drop by itself", () => {
    const address = fc.constantFrom("192.0.2.2", "192.0.2.3", "2001:db8::2");
    const own = fc.oneof(address, fc.constantFrom("0.0.0.0", "::"));
    const port = fc.constantFrom(80, 81);
    const arbitrary = fc.record({
      drops: fc.array(fc.tuple(address, port), { maxLength: 20 }),
      listeners: fc.uniqueArray(fc.tuple(own, port), { selector: String, maxLength: 6 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ drops: sent, listeners: ends }) => {
        const listeners = ends.map(([at, number], index) => listener(BigInt(index + 1), at, number));
        const drops = new AttributedDrops();
        const expected: Record<string, number> = {};
        for (const [to, number] of sent) {
          drops.add(drop(to, number));
          const any = to.includes(":") ? "::" : "0.0.0.0";
          const found =
            listeners.find((one) => one.port === number && one.address === to) ??
            listeners.find((one) => one.port === number && one.address === any);
          if (found !== undefined) expected[String(found.cookie)] = (expected[String(found.cookie)] ?? 0) + 1;
        }
        assert.deepEqual(taken(drops, ...listeners), expected);
      }),
    );
  });
});
