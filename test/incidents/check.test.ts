/** The comparison finds what is missing, what is too much, and what is described wrongly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { complaintsOf } from "./check.ts";
import type { Expected, Made } from "./incident.ts";
import type { Line } from "./trace.ts";

const expected: Expected = {
  drops: {
    syn: {
      reason: "NETFILTER_DROP",
      in: "nft_do_chain",
      class: "loss",
      direction: "rx",
      device: "srv0",
      service: "192.0.2.2:8080",
    },
  },
  refused: { causes: ["ACCEPT_QUEUE_FULL"], service: "192.0.2.2:8080" },
  beside: ["TCP_OLD_DATA duplicate"],
  answers: { findings: ["firewall-rule"], what: /./ },
};
const drop: Line = {
  type: "drop",
  reason: "NETFILTER_DROP",
  location: "nft_do_chain+0x46f [nf_tables]",
  class: "loss",
  direction: "rx",
  ifname: "srv0",
  tunnel: false,
  saddr: "192.0.2.1",
  sport: 40_000,
  daddr: "192.0.2.2",
  dport: 8080,
};
const refused: Line = { type: "refused", cause: "ACCEPT_QUEUE_FULL", dport: 8080, count: 3 };
const summary: Line = { type: "summary", hidden_copy: 0, limited: 0, unread: 0, lost: 0, undecodable: 0 };

const complaints = (made: Made, ...lines: readonly Line[]): readonly string[] =>
  complaintsOf(expected, { made, lines, words: [], screen: "", messages: "" });

test("complaintsOf is content with what was made and what may come beside it", () => {
  const beside = { ...drop, reason: "TCP_OLD_DATA", class: "duplicate" };
  const made = { drops: { syn: 2 }, refused: 3, sums: [{ of: ["syn", "refused"], count: 5 }] };
  assert.deepEqual(complaints(made, drop, drop, beside, refused, summary), []);
  assert.deepEqual(complaints({ drops: { syn: [1, 3] } }, drop, summary), []);
});

test("complaintsOf finds drops that are missing or too many", () => {
  assert.deepEqual(complaints({ drops: { syn: 2 } }, drop, summary), ["too few syn: 2 made, 1 shown"]);
  assert.deepEqual(complaints({ drops: { syn: 1 } }, summary), ["too few syn: 1 made, 0 shown"]);
  assert.deepEqual(complaints({ drops: { syn: [3, 4] } }, drop, summary), [
    "too few syn: 3 to 4 made, 1 shown",
  ]);
  assert.deepEqual(complaints({ drops: {} }, refused, summary), ["refused: 0 made, 3 shown"]);
  const sums = [{ of: ["syn", "refused"], count: 5 }];
  assert.deepEqual(complaints({ drops: { syn: 1 }, refused: 3, sums }, drop, refused, summary), [
    "too few syn + refused: 5 made, 4 shown",
  ]);
});

test("complaintsOf finds a drop with a wrong field, and a refused SYN of another port", () => {
  for (const wrong of [
    { reason: "NO_SOCKET" },
    { location: "nf_hook_slow+0x7d" },
    { class: "normal" },
    { direction: "tx" },
    { ifname: "cli0" },
    { tunnel: true },
    { dport: 443 },
    { daddr: "192.0.2.3" },
  ]) {
    const [strange, missing] = complaints({ drops: { syn: 1 } }, { ...drop, ...wrong }, summary);
    assert.match(String(strange), /^1 drops are not of this incident: /);
    assert.equal(missing, "too few syn: 1 made, 0 shown");
  }
  for (const wrong of [{ dport: 443 }, { cause: "LISTEN_DROP" }])
    assert.match(
      complaints({ drops: {}, refused: 3 }, { ...refused, ...wrong }, summary).join(),
      /^3 refused SYNs are not/,
    );
});

test("complaintsOf finds copies, and drops that were seen and not shown", () => {
  const lossy = { ...summary, hidden_copy: 2, lost: 1, unread: 4 };
  assert.deepEqual(complaints({ drops: {} }, lossy), [
    "copies: 0 made, 2 shown",
    "unread: 0 made, 4 shown",
    "lost: 0 made, 1 shown",
  ]);
});
