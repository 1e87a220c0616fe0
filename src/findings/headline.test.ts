/** One sentence: nothing dropped, nothing wrong, not everything read, or what matters most. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { finding } from "../../test/golden/sample-events.ts";
import type { FindingNotice, NotEvaluated, SummaryNotice } from "../model/index.ts";
import { durationText, headlineOf, plural } from "./headline.ts";
import { quietSummary, STARTED_NS } from "./incidents.test.kit.ts";

const quiet = quietSummary();
const [site] = [
  {
    reason: "NO_SOCKET",
    reasonCode: 3,
    reasonSubsystem: "CORE",
    reasonInferred: false,
    class: "loss",
    count: 2,
    perSecond: 0,
    lastNs: STARTED_NS,
    location: "tcp_v4_rcv+0x1",
    ip: 4,
    advice: "",
  } as const,
];

function headline(
  findings: readonly FindingNotice[],
  summary: Partial<SummaryNotice>,
  notEvaluated: readonly NotEvaluated[] = [],
): string {
  return headlineOf(findings, notEvaluated, {
    incidents: [],
    summary: { ...quiet, ...summary },
    netns: () => undefined,
  });
}

function totals(own: Partial<SummaryNotice["totals"]>): Partial<SummaryNotice> {
  return { totals: { ...quiet.totals, seen: 0, ...own } };
}

const CASES: readonly (readonly [string, string])[] = [
  [headline([], totals({})), "No TCP segment was dropped in 60.0 s."],
  [
    headline([], totals({ seen: 3, filtered: 3 })),
    "No TCP segment was dropped in 60.0 s (beside 3 that were not asked for).",
  ],
  [
    headline([], { ...totals({ seen: 2 }), bySite: [{ ...site, class: "normal" }] }),
    "Nothing is wrong: 2 drops, all of them harmless, in 60.0 s.",
  ],
  [
    headline([], { ...totals({ seen: 2 }), bySite: [{ ...site, class: "refused" }] }),
    "Nothing is wrong: 2 drops, none of which harmed a connection, in 60.0 s.",
  ],
  [
    headline([], totals({ seen: 9, lost: 4, unread: 1 })),
    "Nothing wrong was found in 60.0 s in what was read; at most 5 drops could not be looked at.",
  ],
  [headline([{ ...finding, severity: "info" }], totals({})), "No TCP segment was dropped in 60.0 s."],
  [headline([finding], totals({ seen: 97 })), finding.text],
  [headline([finding, finding], totals({ seen: 97 })), `${finding.text} 1 other finding below.`],
  [headline([finding, finding, finding], totals({ seen: 97 })), `${finding.text} 2 other findings below.`],
];

test("headlineOf does not say that nothing is wrong where a rule could not be evaluated", () => {
  assert.equal(
    headline([], { ...totals({ seen: 2 }) }, [{ rule: "conntrack-full", why: "not read" }]),
    "Nothing wrong was found in 60.0 s, as far as it could be looked at.",
  );
});

for (const [said, wanted] of CASES) test(`headlineOf: ${wanted}`, () => assert.equal(said, wanted));

test("durationText and plural", () => {
  const last = (seconds: number): string =>
    durationText({ startedNs: 0n, endedNs: BigInt(seconds * 1000) * 1_000_000n });
  assert.deepEqual([0, 1.26, 119.9, 120, 3725, 7260].map(last), [
    "0.0 s",
    "1.3 s",
    "119.9 s",
    "2 min 0 s",
    "62 min 5 s",
    "2 h 1 min",
  ]);
  assert.deepEqual([plural(1, "drop"), plural(0, "drop")], ["1 drop", "0 drops"]);
});
