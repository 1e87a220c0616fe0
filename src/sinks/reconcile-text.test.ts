import assert from "node:assert/strict";
import { test } from "node:test";
import type { WatchResult } from "../reconcile/counter-watch.ts";
import type { ReconcileRow } from "../reconcile/reconcile.ts";
import { formatReconcileTable, formatVerdict } from "./reconcile-text.ts";

function result(difference: number, uncertain: number, why?: string): WatchResult {
  const row: ReconcileRow = {
    counter: "TcpOutRsts",
    unit: "skbs",
    rise: 24 + difference,
    explained: 24,
    explainedBy: [{ source: "kfree_skb", reason: "NO_SOCKET", count: 24, of: 24 }],
    difference,
    uncertain,
    why,
  };
  return {
    netns: 7,
    rows: [row],
    uncounted: [],
    spanNs: 1_000_000_000n,
    uncertain,
    withoutEvent: 0,
    withoutSite: 0,
  };
}

test("a difference within the edge of the readings is explained, in one line, and accuses nobody", () => {
  const near = result(-1, 1);
  assert.equal(
    formatReconcileTable(near),
    "COUNTER                     ROSE  EXPLAINED  DIFFERENCE  BY\n" +
      "TcpOutRsts                    23         24          -1  24 NO_SOCKET\n",
  );
  assert.equal(
    formatVerdict(near, 0),
    "Everything is explained: 1 counter. 1 drop came just as the counters were read, and may be counted or not: that makes the difference.\n",
  );
});

test("a difference beyond it is not, and none needs no word about the edge", () => {
  assert.equal(
    formatVerdict(result(-2, 1, "This rule is wrong."), 0),
    "1 of 1 counter not fully explained. 1 drop came just as the counters were read, and may be counted or not.\n",
  );
  assert.equal(formatVerdict(result(0, 3), 0), "Everything is explained: 1 counter, no difference.\n");
});

test("where no counter rose and nothing was dropped, the table alone says so", () => {
  const nothing = { ...result(0, 0), rows: [] };
  assert.equal(formatReconcileTable(nothing), "No drop counter rose, and nothing was dropped.\n");
  assert.equal(formatVerdict(nothing, 0), "");
});
