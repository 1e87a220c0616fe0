/** The comparison of a report with what happened finds each answer that is missing or not true. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { headlineOf, type ReportComplaints, reportComplaints } from "./answers.ts";
import type { Answers, Expected } from "./incident.ts";
import type { Line } from "./trace.ts";

const answers: Answers = {
  findings: ["service-down"],
  what: /^Nobody listens/,
  why: /No socket listened/,
  severity: "critical",
  next: { command: /^echo/, shows: /^LISTEN$/m },
};
const expected: Expected = {
  drops: {
    syn: {
      reason: "NO_SOCKET",
      class: "refused",
      direction: "rx",
      device: "srv0",
      service: "192.0.2.2:8080",
    },
  },
  answers,
};
const drop = (time: string, sport: number): Line => ({
  type: "drop",
  time,
  reason: "NO_SOCKET",
  location: "tcp_v4_rcv+0x91",
  class: "refused",
  direction: "rx",
  ifname: "srv0",
  tunnel: false,
  saddr: "192.0.2.1",
  sport,
  daddr: "192.0.2.2",
  dport: 8080,
});
const ended = (time: string): Line => ({ type: "summary", ended: time });
const drops = [
  drop("2026-01-01T00:00:01.000000Z", 1),
  drop("2026-01-01T00:00:03.000000Z", 2),
  ended("2026-01-01T00:00:03.200000Z"),
];
const finding: Line = {
  type: "finding",
  rule: "service-down",
  text: "Nobody listens on 192.0.2.2:8080: 2 SYNs from 1 peer found no socket.",
  evidence: ["No socket listened on port 8080 at the end of the run"],
  severity: "critical",
  count: 2,
  connections: 2,
  peers: 1,
  first: "2026-01-01T00:00:01.000000Z",
  last: "2026-01-01T00:00:03.000000Z",
  ongoing: true,
  service: "192.0.2.2:8080",
  next: ["echo LISTEN"],
};
const MESSAGES = "Tracing TCP drops.\n\nNobody listens on\n192.0.2.2:8080.\n\n1. Nobody listens";

const complaints = (
  lines: readonly Line[],
  messages = MESSAGES,
  beside?: readonly string[],
): ReportComplaints =>
  reportComplaints(
    { ...expected, ...(beside === undefined ? {} : { beside }) },
    { made: { drops: {} }, lines, words: [], screen: "", messages },
  );

test("reportComplaints is content with a true report", () => {
  assert.deepEqual(complaints([...drops, finding]), { words: [], numbers: [] });
  assert.equal(headlineOf({ messages: MESSAGES }), "Nobody listens on 192.0.2.2:8080.");
});

test("reportComplaints finds each number that is not true", () => {
  for (const wrong of [
    { count: 3 },
    { connections: 1 },
    { peers: 2 },
    { first: "2026-01-01T00:00:00.000000Z" },
    { last: "2026-01-01T00:00:02.000000Z" },
    { ongoing: false },
    { service: "192.0.2.2:443" },
  ]) {
    const { words, numbers } = complaints([...drops, { ...finding, ...wrong }]);
    assert.deepEqual(words, []);
    assert.equal(numbers.length, 1, JSON.stringify(wrong));
  }
});

test("reportComplaints takes as over what ended long before the run", () => {
  const late = [...drops.slice(0, 2), ended("2026-01-01T00:00:09.000000Z")];
  assert.deepEqual(complaints([...late, { ...finding, ongoing: false }]).numbers, []);
  assert.equal(complaints([...late, finding]).numbers.length, 1);
});

test("reportComplaints finds a wrong rule, wrong words, and a command that does not show it", () => {
  for (const wrong of [
    { rule: "other-drops" },
    { text: "Something" },
    { evidence: [] },
    { severity: "info" },
    { next: [] },
    { next: ["ss -ltn"] },
    { next: ["echo CLOSED"] },
  ])
    assert.equal(complaints([...drops, { ...finding, ...wrong }]).words.length, 1, JSON.stringify(wrong));
  assert.equal(complaints([...drops, finding], "Tracing.\n\nNothing was dropped.\n").words.length, 1);
  assert.equal(complaints([...drops, finding, { ...finding, rule: "late-segments" }]).words.length, 1);
  const beside = { ...finding, rule: "blind-sequence", severity: "info" };
  assert.equal(complaints([...drops, finding, beside]).words.length, 1);
  assert.deepEqual(complaints([...drops, finding, beside], MESSAGES, ["TCP_RESET refused"]).words, []);
  assert.deepEqual(complaints(drops).words, ["the findings are none, not service-down"]);
});
