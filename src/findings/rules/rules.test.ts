/** Each rule fires on what it is for, and not on what is next to it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ADVICE_TOOLS } from "../../host/advice-tools.ts";
import type { Event, FindingNotice } from "../../model/index.ts";
import type { NetnsEvidence } from "../evidence.ts";
import { drops, findingOf, reportOf, rose, rulesOf } from "../incidents.test.kit.ts";
import { RULES } from "./index.ts";
import type { RuleCase } from "./rule-case.test.kit.ts";
import { CASES } from "./rule-cases.test.kit.ts";

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

  const many = { flags: ["PSH", "ACK"], payloadLen: 100, count: 30 } as const;
  const LACKING: readonly (readonly [rule: string, counter: string, events: readonly Event[]])[] = [
    ["wire-corruption", "eth0.rx_errors", drops({ reason: "TCP_CSUM", location: "tcp_v4_rcv+0x99" })],
    [
      "old-duplicates",
      "TcpExtTCPDSACKOldSent",
      drops({ reason: "TCP_OFOMERGE", location: "tcp_ofo_queue+0x1", ...many }),
    ],
    [
      "zero-window-reader",
      "TcpExtTCPToZeroWindowAdv",
      drops({ reason: "TCP_OLD_DATA", location: "tcp_data_queue+0x1", ...many }),
    ],
    ["conntrack-full", "conntrack.drop", drops({ reason: "NETFILTER_DROP", location: "nf_hook_slow+0x7d" })],
    [
      "conntrack-invalid",
      "conntrack.invalid",
      drops({ reason: "NETFILTER_DROP", location: "nf_hook_slow+0x7d", ...many }),
    ],
    [
      "accept-queue-slow-app",
      "TcpExtListenOverflows",
      drops({
        reason: "NOT_SPECIFIED",
        location: "tcp_v4_rcv+0x99",
        state: "LISTEN",
        class: "loss",
        flags: ["ACK"],
      }),
    ],
  ];
  for (const [id, counter, events] of LACKING)
    test(`${id} is not evaluated where the kernel does not count ${counter}, and is where it stood still`, () => {
      const conntrack = { count: 1, max: 100 };
      const evaluated = (lacking: readonly string[]) =>
        reportOf(events, { rose: rose({}, lacking), conntrack }).notEvaluated.find(({ rule }) => rule === id);
      assert.match(
        evaluated([counter])?.why ?? "",
        new RegExp(`does not count ${counter.replace(".", "\\.")}`),
      );
      assert.equal(evaluated([]), undefined);
    });

  test("each has a case that fires it and one that must not, other-drops aside", () => {
    const all = new Set(RULES.map(({ id }) => id));
    assert.deepEqual([...all].sort(), [...ids(CASES.filter(fires))].sort());
    assert.deepEqual([...all].sort(), [...ids(CASES.filter((one) => !fires(one)))].sort());
  });

  test("name in their commands only programs that doctor looks for", () => {
    // iptables-legacy-save is in the package of iptables-save.
    const beside = ["cat", "tcpdrop", "iptables-legacy-save"];
    const known = new Set([...ADVICE_TOOLS.map(({ name }) => name), ...beside]);
    const named = CASES.flatMap(({ events, netns, summary }) => reportOf(events, netns, summary).findings)
      .flatMap(({ next }) => next)
      .map((command) => command.replace(/^ip netns exec \S+ /, "").split(" ")[0] ?? "");
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
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
