import assert from "node:assert/strict";
import { test } from "node:test";
import type { DropEvent } from "../model/index.ts";
import { dropLike } from "../run/events.test.kit.ts";
import { VariantCounts } from "./variant-counts.ts";

const [{ site: SITE }] = [dropLike()];
const OTHER = Object.freeze({ ...SITE, variant: "another" });
const like = (
  site: DropEvent["site"],
  dropClass: DropEvent["class"],
  ip: 4 | 6,
  timeNs: bigint,
): DropEvent => {
  const event = dropLike();
  return { ...event, site, class: dropClass, timeNs, flow: event.flow && { ...event.flow, ip } };
};

test("VariantCounts counts by variant and family, and knows the last one; copies are not among them", () => {
  const counts = new VariantCounts();
  for (const event of [
    like(SITE, "loss", 4, 1n),
    like(OTHER, "normal", 4, 2n),
    like(SITE, "loss", 4, 3n),
    like(SITE, "loss", 6, 4n),
    like(SITE, "copy", 4, 5n),
  ])
    counts.count(event);
  const { locationAddress, reasonCode } = SITE;
  const at = (address: bigint, ip: 4 | 6) =>
    counts.at(address, reasonCode, ip).map((one) => [one.site.variant, one.class, one.count, one.lastNs]);
  assert.deepEqual(at(locationAddress, 4), [
    [SITE.variant, "loss", 2, 3n],
    ["another", "normal", 1, 2n],
  ]);
  assert.deepEqual(at(locationAddress, 6), [[SITE.variant, "loss", 1, 4n]]);
  assert.deepEqual(at(locationAddress + 1n, 4), []);
  assert.deepEqual(counts.at(locationAddress, 12_345, 4), []);
});

test("VariantCounts keeps a bounded number of sites", () => {
  const counts = new VariantCounts();
  for (let at = 0; at < 5000; at += 1) counts.count(like({ ...SITE, reasonCode: at }, "loss", 4, 1n));
  assert.equal(counts.at(SITE.locationAddress, 100, 4).length, 1);
  assert.equal(counts.at(SITE.locationAddress, 4999, 4).length, 0);
});
