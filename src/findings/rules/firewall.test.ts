/** A rule that rejects answers too: what the SYNs of clients show of it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FindingNotice } from "../../model/index.ts";
import { type Drops, drops, ENDED_NS, findingOf, reportOf } from "../incidents.test.kit.ts";

const LATE = ENDED_NS - 500_000_000n;

function find(facts: Partial<Drops>): FindingNotice {
  const netfilter = { reason: "NETFILTER_DROP", location: "nft_do_chain+0x46f [nf_tables]" };
  return findingOf(reportOf(drops({ ...netfilter, ...facts })), "firewall-rule");
}

describe("firewall-rule", () => {
  test("does not say that clients got no answer: a rule that rejects drops too", () => {
    const { text, advice } = find({});
    const words = [text, ...advice.flatMap(({ action, why = "" }) => [action, why])].join("\n");
    assert.doesNotMatch(words, /the firewall drops without an answer|^Reject instead/m);
    assert.match(words, /a rule that rejects has answered them too/);
  });

  test("SYNs that do not come again speak for an answer", () =>
    assert.match(find({}).evidence.join("\n"), /No SYN came again: consistent with a rule that rejects/));

  test("SYNs that come again speak against it", () =>
    assert.match(
      find({ sameConnection: true }).evidence.join("\n"),
      /^4 SYNs came again: consistent with no answer$/m,
    ));

  test("SYNs at the end of the run, and other segments, show neither", () => {
    for (const facts of [{ count: 2, everyMs: 1, timeNs: LATE }, { flags: ["ACK"] }] as const)
      assert.doesNotMatch(find(facts).evidence.join("\n"), /came again/);
  });
});
