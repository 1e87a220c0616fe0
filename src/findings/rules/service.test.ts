/** A service that is down, where not every SYN was looked at. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SiteCount } from "../../model/index.ts";
import { drops, findingOf, quietSummary, reportOf, STARTED_NS } from "../incidents.test.kit.ts";

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
  test("says at least, and what the kernel counted, where a part was looked at", () => {
    const summary = { totals: { ...quietSummary().totals, seen: 2000, limited: 1980 }, bySite: [SITE] };
    const events = drops({ reason: "NO_SOCKET", location: LOCATION, count: 20, clients: 4 });
    const { text, evidence } = findingOf(
      reportOf(events, {}, { ...summary, filterRest: undefined }),
      "service-down",
    );
    assert.match(text, /: at least 20 SYNs from /);
    assert.match(
      evidence.join("\n"),
      /The kernel counted 2000 drops for NO_SOCKET at tcp_v4_rcv\+0x99, of all/,
    );
  });

  test("is not evaluated where drops were only counted, nor is a scan", () => {
    const summary = { totals: { ...quietSummary().totals, seen: 2000, unread: 2000 }, bySite: [SITE] };
    const { notEvaluated } = reportOf([], {}, { ...summary, filterRest: undefined });
    const unread = notEvaluated.filter(({ why }) => why === "no single drop was read");
    assert.deepEqual(
      unread.map(({ rule }) => rule),
      ["flag-probes", "port-scan", "service-down", "late-segments"],
    );
  });
});
