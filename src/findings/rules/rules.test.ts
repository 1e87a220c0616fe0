/** Each rule fires on what it is for, and not on what is next to it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event, FindingNotice } from "../../model/index.ts";
import type { NetnsEvidence } from "../evidence.ts";
import { findingOf, reportOf, rulesOf } from "../incidents.test.kit.ts";
import { RULES } from "./index.ts";
import { CASES, type RuleCase } from "./rule-cases.test.kit.ts";

const ids = (cases: readonly RuleCase[]): ReadonlySet<string> => new Set(cases.map(({ rule }) => rule));

function find(
  events: readonly Event[],
  netns: Partial<NetnsEvidence> | undefined,
  rule: string,
): FindingNotice {
  return findingOf(reportOf(events, netns), rule);
}

describe("rules", () => {
  for (const { rule, title, events, netns, summary, is = {}, text, evidence, next } of CASES.filter(fires))
    test(`${rule} fires: ${title}`, () => {
      const finding = findingOf(reportOf(events, netns, summary), rule);
      for (const [name, value] of Object.entries(is))
        assert.deepEqual(finding[name as keyof FindingNotice], value, name);
      if (text !== undefined) assert.match(finding.text, text);
      if (evidence !== undefined) assert.match(finding.evidence.join("\n"), evidence);
      if (next !== undefined) assert.match(finding.next[0] ?? "", next);
      assert.ok(finding.advice.length > 0);
    });

  for (const { rule, title, events, netns, summary, instead } of CASES.filter((one) => !fires(one)))
    test(`${rule} does not fire: ${title}`, () => {
      const rules = rulesOf(reportOf(events, netns, summary));
      assert.ok(!rules.includes(rule), rules.join(", "));
      assert.deepEqual(rules, instead);
    });

  test("each has a case that fires it and one that must not, other-drops aside", () => {
    const all = new Set(RULES.map(({ id }) => id));
    assert.deepEqual([...all].sort(), [...ids(CASES.filter(fires))].sort());
    assert.deepEqual([...all].sort(), [...ids(CASES.filter((one) => !fires(one)))].sort());
  });

  test("certainty is one step lower where the reason follows from the location", () => {
    const [certain] = CASES.filter((one) => one.rule === "no-route" && fires(one));
    assert.ok(certain !== undefined);
    const inferred = certain.events.map(
      (event) => ({ ...event, site: { ...event.site, reasonInferred: true } }) as Event,
    );
    assert.equal(find(certain.events, undefined, "no-route").certainty, "certain");
    assert.equal(find(inferred, undefined, "no-route").certainty, "likely");
  });
});

function fires({ instead }: RuleCase): boolean {
  return instead === undefined;
}
