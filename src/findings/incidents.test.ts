import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DropFacts, dropWith } from "../../test/drop-facts.ts";
import { fullDrop, summary as sample } from "../../test/golden/sample-events.ts";
import type { DropEvent, SiteCount, SummaryNotice, Totals } from "../model/index.ts";
import { Incidents } from "./incidents.ts";
import { makeReport } from "./report.ts";

const drop = (facts: Partial<DropFacts> = {}): DropEvent =>
  dropWith(fullDrop, {
    class: "loss",
    reason: "TCP_CSUM",
    reasonCode: 5,
    location: "tcp_v4_rcv+0x91",
    ...facts,
  });

const site = (count: number, facts: Partial<SiteCount> = {}): SiteCount => ({
  reason: "TCP_CSUM",
  reasonCode: 5,
  reasonSubsystem: "CORE",
  reasonInferred: false,
  class: "loss",
  location: "tcp_v4_rcv+0x91",
  ip: 4,
  lastNs: fullDrop.timeNs,
  perSecond: 1,
  advice: "Look",
  count,
  ...facts,
});

const NOTHING: Totals = {
  seen: 0,
  shown: 0,
  shownSegments: 0,
  hidden: { normal: 0, copy: 0 },
  filtered: 0,
  limited: 0,
  unread: 0,
  lost: 0,
  undecodable: 0,
  missed: 0,
};

function summaryOf(totals: Partial<Totals>, ...bySite: readonly SiteCount[]): SummaryNotice {
  return { ...sample, totals: { ...NOTHING, ...totals }, bySite, filterRest: undefined };
}

function reportOf(incidents: Incidents, summary: SummaryNotice) {
  return makeReport({ incidents: incidents.list(summary), summary, netns: () => undefined });
}

describe("Incidents", () => {
  test("what the ring lost at a site makes its count a lower bound, and leaves others exact", () => {
    const incidents = new Incidents();
    const event = drop();
    for (let n = 0; n < 3; n += 1) incidents.observe(event);
    incidents.observe(drop({ location: "elsewhere+0x1" }));
    const summary = summaryOf(
      { seen: 101, shown: 4, lost: 97 },
      site(100),
      site(1, { location: "elsewhere+0x1" }),
    );
    const counts = incidents
      .list(summary)
      .map(({ location, count, isAtLeast }) => [location, count, isAtLeast]);
    assert.deepEqual(counts, [
      ["tcp_v4_rcv+0x91", 3, true],
      ["elsewhere+0x1", 1, false],
    ]);
  });

  test("a site of which every drop was lost or limited is an incident of its total", () => {
    for (const totals of [{ lost: 100 }, { limited: 100 }]) {
      const summary = summaryOf({ seen: 100, ...totals }, site(100));
      const report = reportOf(new Incidents(), summary);
      const [finding] = report.findings;
      assert.deepEqual([finding?.count, finding?.countAtLeast, finding?.firstNs], [100, false, undefined]);
      assert.equal(finding?.distinctAtLeast, true);
      assert.doesNotMatch(report.headline, /Nothing/);
    }
  });

  test("harmless drops and what the filter may have rejected make no incident of a total", () => {
    const harmless = new Incidents();
    harmless.observe(drop({ class: "normal" }));
    const lossy = summaryOf({ seen: 10, hidden: { normal: 1, copy: 0 }, lost: 9 }, site(10));
    assert.deepEqual(harmless.list(lossy), []);
    assert.deepEqual(new Incidents().list({ ...lossy, filterRest: "port 1" }), []);
    assert.deepEqual(
      new Incidents().list(summaryOf({ seen: 10, lost: 10 }, site(10, { class: "copy" }))),
      [],
    );
  });

  test("of every site one drop is looked at, however many come at a time", () => {
    const incidents = new Incidents(() => 0);
    const event = drop();
    for (let n = 0; n < 30_000; n += 1) incidents.observe(event);
    incidents.observe(drop({ reason: "NO_SOCKET", reasonCode: 3 }));
    const [first, second] = incidents.list();
    assert.deepEqual([first?.reason, first?.isAtLeast], ["TCP_CSUM", true]);
    assert.deepEqual([second?.reason, second?.count, second?.isAtLeast], ["NO_SOCKET", 1, false]);
  });
});

test("headlineOf does not say that nothing is wrong where drops were not looked at", () => {
  const summary = summaryOf({ seen: 10, limited: 10 }, site(10, { class: "refused" }));
  const { headline } = reportOf(new Incidents(), summary);
  assert.match(headline, /in what was read; at most 10 drops could not be looked at\.$/);
});
