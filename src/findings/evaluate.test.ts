/** Each incident belongs to one rule, and a rule whose needs are not met is listed. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { summary as sample } from "../../test/golden/sample-events.ts";
import type { Event } from "../model/index.ts";
import { type Evaluated, evaluate } from "./evaluate.ts";
import type { Need, NetnsEvidence } from "./evidence.ts";
import { drops, netnsEvidence, quietSummary } from "./incidents.test.kit.ts";
import { Incidents } from "./incidents.ts";
import type { DropRule, MachineRule, Rule, RunRule, Together, Verdict } from "./rule.ts";

const SYN = { reason: "NO_SOCKET", location: "tcp_v4_rcv+0x99" };
const SNAPSHOTS = [
  "counters",
  "sysctl",
  "sockets",
  "links",
  "conntrack",
  "softnet",
] as const satisfies Need[];
const VERDICT: Verdict = { certainty: "certain", text: "It is so.", evidence: [], next: [] };
const BASE = {
  title: "Title",
  severity: "warning",
  needs: [] as readonly Need[],
  signs: "",
  against: "",
  refute: "",
  advice: [],
  sources: [],
} as const;

function rule(id: string, own: Partial<DropRule> = {}): DropRule {
  return {
    ...BASE,
    about: "drops",
    id,
    together: "service",
    matches: () => true,
    judge: () => VERDICT,
    ...own,
  };
}

function evaluated(
  events: readonly Event[],
  rules: readonly Rule[],
  netns?: Partial<NetnsEvidence>,
): Evaluated {
  const incidents = new Incidents(() => 0);
  for (const event of events) incidents.observe(event);
  const namespaces = netns === undefined ? [] : [netnsEvidence(netns)];
  const known = { incidents: incidents.list(), summary: quietSummary(), netns: () => namespaces[0] };
  return evaluate(rules, known, namespaces);
}

describe("evaluate", () => {
  test("the first rule that concludes something has the incident", () => {
    const rules = [
      rule("other", { matches: () => false }),
      rule("undecided", { judge: () => undefined }),
      rule("first"),
      rule("second"),
    ];
    const { conclusions } = evaluated(drops(SYN), rules);
    assert.deepEqual(
      conclusions.map((one) => one.rule.id),
      ["first"],
    );
  });

  const several = [
    ...drops({ ...SYN, count: 2 }),
    ...drops({ ...SYN, count: 2, daddr: "198.51.100.11" }),
    ...drops({ ...SYN, count: 2, dport: 80, ifindex: 3, saddr: "192.0.2.9" }),
  ];
  const groups: readonly (readonly [Together, number])[] = [
    ["service", 3],
    ["port", 2],
    ["device", 2],
    ["peer", 2],
    ["netns", 1],
  ];
  for (const [together, count] of groups)
    test(`incidents are together by ${together}`, () => {
      const { conclusions } = evaluated(several, [rule("one", { together })]);
      assert.equal(conclusions.length, count);
      assert.equal(
        conclusions.reduce((sum, { subject }) => sum + (subject?.count ?? 0), 0),
        6,
      );
    });

  test("namespaces and directions are never one finding", () => {
    const events = [
      ...drops(SYN),
      ...drops({ ...SYN, netns: 7 }),
      ...drops({ ...SYN, direction: "forwarded" }),
    ];
    assert.equal(evaluated(events, [rule("one", { together: "netns" })]).conclusions.length, 3);
  });

  for (const need of SNAPSHOTS)
    test(`a rule that needs ${need} is listed once as not evaluated, and the next one decides`, () => {
      const rules = [rule("needy", { needs: [need] }), rule("next")];
      const { conclusions, notEvaluated } = evaluated(
        [...drops(SYN), ...drops({ ...SYN, dport: 80 })],
        rules,
        {},
      );
      assert.deepEqual(
        conclusions.map((one) => one.rule.id),
        ["next", "next"],
      );
      assert.equal(notEvaluated.length, 1);
      assert.equal(notEvaluated[0]?.rule, "needy");
      assert.match(notEvaluated[0].why, /could not be/);
    });

  test("why the machine could not be read stands behind what a rule lacks", () => {
    const { notEvaluated } = evaluated(drops(SYN), [rule("needy", { needs: ["sockets"] })], {
      problems: ["the walk was refused", "EPERM"],
    });
    assert.match(notEvaluated[0]?.why ?? "", /could not be listed: the walk was refused; EPERM$/);
  });

  test("sites that totals alone show keep no rule from drops that were read", () => {
    const incidents = new Incidents();
    for (const event of drops({ ...SYN, netns: undefined, direction: "unknown" })) incidents.observe(event);
    const quiet = quietSummary();
    const [site] = sample.bySite;
    assert.ok(site);
    const summary = {
      ...quiet,
      totals: { ...quiet.totals, seen: 10, lost: 5 },
      bySite: [{ ...site, class: "loss", location: "elsewhere+0x1" } as const],
      filterRest: undefined,
    };
    const known = { incidents: incidents.list(summary), summary, netns: () => undefined };
    const { conclusions, notEvaluated } = evaluate(
      [rule("one", { needs: ["events"], together: "netns" })],
      known,
      [],
    );
    assert.deepEqual(
      conclusions.map(({ subject }) => subject?.count),
      [5],
    );
    assert.equal(notEvaluated.length, 1);
  });

  test("what no rule concluded anything of is handed back", () => {
    const events = [...drops(SYN), ...drops({ ...SYN, dport: 80, count: 2 })];
    const rules = [rule("one", { matches: ({ service }) => service?.port === 443 })];
    assert.deepEqual(
      evaluated(events, rules).unclaimed.map(({ count }) => count),
      [2],
    );
    assert.deepEqual(evaluated(events, [rule("all")]).unclaimed, []);
  });

  test("a rule that depends on what nobody knows is listed, and the next one decides", () => {
    const rules = [rule("unsure", { judge: () => ({ unknown: "nobody counts that" }) }), rule("next")];
    const { conclusions, notEvaluated } = evaluated(drops(SYN), rules);
    assert.deepEqual(
      conclusions.map((one) => one.rule.id),
      ["next"],
    );
    assert.deepEqual(notEvaluated, [{ rule: "unsure", why: "nobody counts that" }]);
  });

  test("a rule whose needs are met is evaluated", () => {
    const known = {
      rose: new Map([["softnet.dropped", 0]]),
      sysctl: new Map(),
      listeners: [],
      links: [],
      conntrack: { count: 0, max: 1 },
    };
    const { conclusions, notEvaluated } = evaluated(
      drops(SYN),
      [rule("needy", { needs: ["events", ...SNAPSHOTS] })],
      known,
    );
    assert.deepEqual([conclusions.length, notEvaluated.length], [1, 0]);
  });

  test("a rule about the machine is asked once for each namespace, one about the run once", () => {
    const machine: MachineRule = { ...BASE, about: "machine", id: "machine", judge: () => VERDICT };
    const run: RunRule = { ...BASE, about: "run", id: "run", judge: () => VERDICT };
    const { conclusions } = evaluated([], [machine, run], {});
    assert.deepEqual(
      conclusions.map(({ rule: { id }, subject, netns }) => [id, subject, netns?.name]),
      [
        ["machine", undefined, "web"],
        ["run", undefined, undefined],
      ],
    );
    assert.equal(evaluated([], [machine, run]).conclusions.length, 1, "nothing is known of any namespace");
  });
});
