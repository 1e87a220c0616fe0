import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamedSite, SiteTotal } from "../source/source.ts";
import { SiteRates } from "./site-rates.ts";

const site = (location: string | undefined, count: number, more: Partial<NamedSite> = {}): SiteTotal => ({
  key: `${location} ${more.ip}`,
  count,
  lastNs: 5n,
  name: () => ({
    reason: "NO_SOCKET",
    reasonCode: 3,
    reasonSubsystem: "CORE",
    reasonInferred: false,
    class: "refused",
    advice: "",
    ip: 4,
    location,
    ...more,
  }),
});

test("SiteRates puts the most first, with the rate since it was read before", () => {
  const rates = new SiteRates(0);
  assert.deepEqual(
    rates
      .read([site("one", 10), site("two", 40)], 2000)
      .map(({ location, count, perSecond }) => [location, count, perSecond]),
    [
      ["two", 40, 20],
      ["one", 10, 5],
    ],
  );
  assert.deepEqual(
    rates.read([site("one", 110), site("two", 40)], 2500).map(({ count, perSecond }) => [count, perSecond]),
    [
      [110, 200],
      [40, 0],
    ],
  );
  assert.deepEqual(
    rates.whole([site("one", 110)], 10_000).map(({ perSecond }) => perSecond),
    [11],
  );
});

test("SiteRates keeps sites with different keys apart, and those without a location", () => {
  const rates = new SiteRates(0);
  const totals = [site("one", 4), site("one", 3, { ip: 6 }), site(undefined, 1, { ip: undefined })];
  rates.read(totals, 1000);
  assert.deepEqual(
    rates.read(totals, 12_000).map(({ location, ip, perSecond }) => [location, ip, perSecond]),
    [
      ["one", 4, 0],
      ["one", 6, 0],
      [undefined, undefined, 0],
    ],
  );
});

test("SiteRates gives what is rare its rate over ten seconds, and 0 to what has ended", () => {
  const rates = new SiteRates(0);
  const seen = (second: number): readonly unknown[] =>
    rates
      .read([site("ended", 5000), site("rare", Math.floor(second / 3))], 1000 * second)
      .map(({ perSecond }) => perSecond);
  assert.deepEqual(seen(1), [5000, 0]);
  for (let second = 2; second < 14; second += 1) seen(second);
  assert.deepEqual(seen(14), [0, 0.3]);
  assert.deepEqual(
    rates.whole([site("rare", 1)], 600_000).map(({ perSecond }) => perSecond),
    [0.00167],
  );
});

test("SiteRates gives a number where no time has passed", () => {
  assert.equal(new SiteRates(7).read([site("one", 1)], 7)[0]?.perSecond, 1000);
});
