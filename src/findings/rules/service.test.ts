/** A service that is down, where not every SYN was looked at. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SiteCount } from "../../model/index.ts";
import { quietSummary, reportOf, STARTED_NS } from "../incidents.test.kit.ts";

const LOCATION = "tcp_v4_rcv+0x99";
const SITE: SiteCount = {
  reason: "NO_SOCKET",
  reasonCode: 1,
  reasonSubsystem: "CORE",
  reasonInferred: false,
  class: "refused",
  count: 2000,
  perSecond: 0,
  lastNs: STARTED_NS,
  location: LOCATION,
  ip: 4,
  advice: "",
};

describe("service-down", () => {
  test("is not evaluated where drops were only counted, nor is a scan", () => {
    const summary = { totals: { ...quietSummary().totals, seen: 2000, unread: 2000 }, bySite: [SITE] };
    const { notEvaluated } = reportOf([], {}, { ...summary, filterRest: undefined });
    const unread = notEvaluated.filter(({ why }) => why === "no single drop was read");
    assert.deepEqual(
      unread.map(({ rule }) => rule),
      ["port-scan", "service-down", "late-segments"],
    );
  });
});
