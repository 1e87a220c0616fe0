import assert from "node:assert/strict";
import { test } from "node:test";
import { openKernelBtf } from "../btf/index.ts";
import type { SiteTotal } from "../capture/kinds/drop/site-totals.ts";
import { Enricher } from "../enrich/enricher.ts";
import { ReasonNames } from "../enrich/reason-names.ts";
import { Symbolizer } from "../enrich/symbolizer.ts";
import type { KallsymsResult } from "../host/kallsyms.ts";
import type { Steps } from "../host/steps.ts";
import { WallClock } from "../host/wall-clock.ts";
import { PlaceCounts } from "./place-counts.ts";

/** Symbols that cannot be read: one step, and none of them. */
function* noSymbols(): Steps<KallsymsResult> {
  yield undefined;
  return { symbols: undefined, problem: "none here" };
}
const enricher = new Enricher(
  new ReasonNames(openKernelBtf(), () => undefined),
  new Symbolizer(noSymbols),
  new WallClock({ monotonicNs: () => 0n, realtimeNs: () => 1000n }),
  { stacks: true, tellsReceivingSocket: true, tellsReasons: true },
);
const total = (locationLow: number, count: number, more: Partial<SiteTotal> = {}): SiteTotal => ({
  locationLow,
  locationHigh: 0xffff_ffff,
  reasonCode: 3,
  ip: 4,
  copy: false,
  count,
  lastNs: 5n,
  ...more,
});

test("PlaceCounts puts the most first, with the rate since it was read before", () => {
  const counts = new PlaceCounts(enricher, 0);
  assert.deepEqual(
    counts
      .read([total(1, 10), total(2, 40)], 2000)
      .map(({ location, count, perSecond }) => [location, count, perSecond]),
    [
      ["0xffffffff00000002", 40, 20],
      ["0xffffffff00000001", 10, 5],
    ],
  );
  assert.deepEqual(
    counts.read([total(1, 110), total(2, 40)], 2500).map(({ count, perSecond }) => [count, perSecond]),
    [
      [110, 200],
      [40, 0],
    ],
  );
  assert.deepEqual(
    counts.whole([total(1, 110)], 10_000).map(({ perSecond }) => perSecond),
    [11],
  );
});

test("PlaceCounts tells places apart by reason, family and copy, and names no place for what came when the map was full", () => {
  const counts = new PlaceCounts(enricher, 0);
  const totals = [
    total(1, 4),
    total(1, 3, { ip: 6 }),
    total(1, 2, { copy: true }),
    total(0, 1, { locationHigh: 0, ip: undefined, reasonCode: undefined }),
  ];
  counts.read(totals, 1000);
  assert.deepEqual(
    counts
      .read(totals, 2000)
      .map(({ location, ip, class: dropClass, perSecond }) => [location, ip, dropClass, perSecond]),
    [
      ["0xffffffff00000001", 4, "refused", 0],
      ["0xffffffff00000001", 6, "refused", 0],
      ["0xffffffff00000001", 4, "copy", 0],
      [undefined, undefined, "loss", 0],
    ],
  );
});

test("PlaceCounts gives a number where no time has passed", () => {
  assert.equal(new PlaceCounts(enricher, 7).read([total(1, 1)], 7)[0]?.perSecond, 1000);
});
