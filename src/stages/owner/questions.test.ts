import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import type { TcpAnswer, TcpListener } from "../../host/sock-diag.ts";
import type { Visit } from "./namespace-ways.ts";
import { Questions } from "./questions.ts";
import type { Asked } from "./resolution.ts";
import type { Ends } from "./subject.ts";

const LISTENER: TcpListener = {
  family: 4,
  state: 10,
  local: new Uint8Array(4),
  localPort: 80,
  cookie: 1n,
  inode: 9,
  uid: 0,
  cgroupId: undefined,
  boundTo: undefined,
  device: undefined,
};

function to(localPort: number): Ends {
  const address = Uint8Array.of(192, 0, 2, 2);
  return { local: address, localPort, remote: new Uint8Array(4), remotePort: 0, ifindex: 1 };
}

describe("Questions", () => {
  let nowMs: number;
  let visits: (number | undefined)[];
  let asked: number[];
  let unseen: Visit<never> | undefined;
  let questions: Questions;
  let problems: unknown[];
  let failure: Error | undefined;

  beforeEach(() => {
    nowMs = 50_000;
    visits = [];
    asked = [];
    unseen = undefined;
    problems = [];
    failure = undefined;
    questions = new Questions({
      ways: {
        isSearching: false,
        inside: (netns, _since, run) => {
          visits.push(netns);
          return unseen ?? { kind: "seen", value: run() };
        },
      },
      tables: {
        lookUp: (all) => {
          if (failure !== undefined) throw failure;
          asked.push(...all.map(({ localPort }) => localPort));
          return all.map(({ localPort }) => (localPort === 80 ? LISTENER : undefined));
        },
        listeners: () => [LISTENER],
      },
      nowMs: () => nowMs,
      onProblem: (problem) => problems.push(problem),
    });
  });

  /** The answers by now, in the order of the ports. */
  function ask(netns: number, ports: readonly number[]): (Asked<TcpAnswer | undefined> | undefined)[] {
    const answers: (Asked<TcpAnswer | undefined> | undefined)[] = ports.map(() => undefined);
    for (const [index, port] of ports.entries())
      questions.ask(netns, to(port), (answer) => {
        assert.equal(answers[index], undefined, "each is answered once");
        answers[index] = answer;
      });
    questions.run(Number.POSITIVE_INFINITY);
    return answers;
  }

  test("answers all of a namespace in one visit, and the same question once", () => {
    const answers = ask(7, [80, 81, 80]);
    assert.deepEqual(answers, [
      { kind: "answer", answer: LISTENER },
      { kind: "answer", answer: undefined },
      { kind: "answer", answer: LISTENER },
    ]);
    assert.deepEqual([visits, asked], [[7], [80, 81]]);
  });

  test("keeps answers for a quarter of a second, also that nobody is there", () => {
    ask(7, [80, 81]);
    nowMs += 249;
    ask(7, [80, 81]);
    assert.deepEqual(asked, [80, 81]);
    ask(8, [80]);
    assert.deepEqual(visits, [7, 8], "of another namespace nothing is known");
    nowMs += 1;
    ask(7, [80]);
    assert.deepEqual(asked, [80, 81, 80, 80]);
  });

  test("asks a thousand times a second, whatever a scan brings", () => {
    const ports = Array.from({ length: 65_535 }, (_unused, index) => index + 1);
    const answers = ask(7, ports);
    const beyond = answers.filter((answer) => answer?.kind === "unasked" && answer.missing === "budget");
    while (questions.isWaiting) questions.run(Number.POSITIVE_INFINITY);
    assert.equal(asked.length, 1000);
    assert.equal(beyond.length, 65_535 - 1000);
    nowMs += 1000;
    ask(7, [40_000]);
    assert.equal(asked.length, 1001);
  });

  test("waits while a way into the namespace is looked for", () => {
    unseen = { kind: "later" };
    const answers = ask(7, [80]);
    assert.deepEqual(answers, [undefined]);
    assert.deepEqual([questions.isWaiting, questions.hasWork], [true, false]);
    unseen = undefined;
    questions.run(Number.POSITIVE_INFINITY);
    assert.deepEqual(answers, [{ kind: "answer", answer: LISTENER }]);
    assert(!questions.isWaiting);
  });

  test("says why nobody could be asked, and keeps no such answer", () => {
    unseen = { kind: "unseen", missing: "rights" };
    assert.deepEqual(ask(7, [80]), [{ kind: "unasked", missing: "rights" }]);
    unseen = undefined;
    assert.deepEqual(ask(7, [80]), [{ kind: "answer", answer: LISTENER }]);
  });

  test("answers where the kernel does not, and tells the problem", () => {
    failure = new Error("no buffer space");
    assert.deepEqual(ask(7, [80]), [{ kind: "unasked", missing: "not_found" }]);
    assert.deepEqual(problems, [failure]);
  });

  test("lists listeners once a second for a namespace", () => {
    const lists: unknown[] = [];
    for (let times = 0; times < 2; times += 1) {
      questions.listeners(7, (listeners) => lists.push(listeners));
      questions.run(Number.POSITIVE_INFINITY);
    }
    assert.deepEqual(lists, [
      { kind: "answer", answer: [LISTENER] },
      { kind: "answer", answer: [LISTENER] },
    ]);
    assert.deepEqual(visits, [7]);
  });
});
