import assert from "node:assert/strict";
import { test } from "node:test";
import { ANSWER } from "../capture/core/filter-steps/index.ts";
import { type OwnerNode, parseFilter } from "../filter-language/index.ts";
import type { DropEvent, Owner, SocketIdentity, Workload } from "../model/index.ts";
import { answersBy, OwnerAnswers } from "./owner-answers.ts";

const SECOND = 1_000_000_000n;
const QUARTER = SECOND / 4n;
const QUESTIONS = ["unit web", "container c", "owner nc"].map((text) => parseFilter(text).root as OwnerNode);
const WORKLOAD: Workload = {
  unit: "web.service",
  runtime: undefined,
  containerId: undefined,
  container: undefined,
  image: undefined,
  containerOuter: undefined,
  pod: undefined,
  podNamespace: undefined,
  podUid: undefined,
};
const OWNER: Owner = {
  by: "cgroup",
  certainty: "certain",
  missing: undefined,
  process: undefined,
  holders: undefined,
  uid: undefined,
  user: undefined,
  cgroup: "/system.slice/web.service",
  socketCgroup: undefined,
  workload: WORKLOAD,
  hint: undefined,
};
const HELD: Owner = {
  ...OWNER,
  by: "socket",
  process: { pid: 7, startNs: 1n, comm: "nc", exe: undefined },
};
const IDENTITY: SocketIdentity = {
  form: "full",
  inode: 77,
  cgroupId: 9n,
  uid: 0,
  skCookie: undefined,
  isOrphan: false,
  hasSocket: true,
  netnsCookie: undefined,
};
const eventOf = (owner: Owner | undefined, identity: SocketIdentity = IDENTITY): DropEvent =>
  ({ kind: "drop", owner, identity }) as DropEvent;

/** What is told at a time. */
function told(answers: OwnerAnswers, event: DropEvent): readonly bigint[] | undefined {
  let all: readonly bigint[] | undefined;
  answers.learn(event, (...what) => {
    all = what;
  });
  return all;
}

test("OwnerAnswers tells of a cgroup what is known, once in a quarter of a second", () => {
  let nowNs = 50n * SECOND;
  const answers = new OwnerAnswers(QUESTIONS, "cgroupId", () => nowNs);
  // No process was looked for: whether it is called nc is not known.
  const expected = ANSWER.yes(0) | ANSWER.no(1);
  assert.deepEqual(told(answers, eventOf(OWNER)), [9n, expected, 50n * SECOND + QUARTER]);
  nowNs += QUARTER / 2n;
  assert.equal(told(answers, eventOf(OWNER)), undefined);
  assert.equal(told(answers, eventOf(OWNER, { ...IDENTITY, cgroupId: 10n }))?.[0], 10n);
  nowNs += QUARTER / 2n;
  assert.equal(told(answers, eventOf(OWNER))?.[2], 50n * SECOND + 2n * QUARTER);
});

test("OwnerAnswers tells of a socket what its process says", () => {
  const answers = new OwnerAnswers(QUESTIONS, "inode", () => 0n);
  assert.deepEqual(told(answers, eventOf(HELD)), [
    77n,
    ANSWER.yes(0) | ANSWER.no(1) | ANSWER.yes(2),
    QUARTER,
  ]);
});

test("OwnerAnswers tells nothing of what others with the same number need not have", () => {
  const ofSockets = new OwnerAnswers(QUESTIONS, "inode", () => 0n);
  const ofCgroups = new OwnerAnswers(QUESTIONS, "cgroupId", () => 0n);
  for (const [answers, event] of [
    [ofSockets, eventOf(undefined)],
    [ofSockets, { ...eventOf(HELD), identity: undefined }],
    [ofSockets, eventOf(HELD, { ...IDENTITY, inode: undefined })],
    [ofSockets, eventOf({ ...HELD, certainty: "likely", by: "remembered" })],
    // Nobody was found in time: the cgroup is that of who made it.
    [ofSockets, eventOf({ ...OWNER, missing: "late" })],
    [ofSockets, eventOf({ ...HELD, by: "lookup", certainty: "likely" })],
    [ofCgroups, eventOf({ ...OWNER, missing: "late" })],
    [ofCgroups, eventOf({ ...OWNER, by: "none" })],
    [ofCgroups, eventOf(OWNER, { ...IDENTITY, cgroupId: undefined })],
  ] as const)
    assert.equal(told(answers, event), undefined, `${event.owner?.by} ${event.owner?.missing}`);
});

test("answersBy is what the lookup of owners goes by", () => {
  assert.deepEqual((["none", "cgroup", "process"] as const).map(answersBy), [undefined, "cgroupId", "inode"]);
  assert.equal(OwnerAnswers.of(QUESTIONS, "none"), undefined);
  assert.equal(OwnerAnswers.of([], "process"), undefined);
});
