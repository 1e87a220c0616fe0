/**
 * Questions to the kernel about sockets of a namespace, gathered so that one visit answers all that wait. So
 * many a second, and answers are kept for a second: a scan costs no more than that.
 */
import type { TcpAnswer, TcpQuestion } from "../../host/sock-diag.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { NamespaceWays } from "./namespace-ways.ts";
import type { Asked } from "./resolution.ts";
import type { Ends } from "./subject.ts";

export interface SocketTables {
  lookUp(questions: readonly TcpQuestion[]): readonly (TcpAnswer | undefined)[];
  listeners(): readonly TcpAnswer[];
}

export interface QuestionsOptions {
  readonly ways: Pick<NamespaceWays, "inside">;
  /** Of the namespace that this thread is in. */
  readonly tables: SocketTables;
  readonly nowMs: () => number;
  readonly onProblem: (failure: unknown) => void;
}

const KEPT_MS = 1000;
const MAX_KEPT = 4096;
const MAX_KEPT_LISTENERS = 64;
const MAX_A_SECOND = 1000;
/** In one visit: some 5 ms. */
const MAX_AT_ONCE = 256;

type Answer = Asked<TcpAnswer | undefined>;
type Listeners = Asked<readonly TcpAnswer[]>;

interface Waiting {
  readonly question: Ends;
  readonly key: string;
  readonly answer: (answer: Answer) => void;
}

interface Kept<T> {
  readonly value: T;
  readonly untilMs: number;
}

export class Questions {
  readonly #options: QuestionsOptions;
  readonly #waiting = new Map<number | undefined, Waiting[]>();
  readonly #answers = new BoundedMap<string, Kept<Answer>>(MAX_KEPT);
  readonly #listeners = new BoundedMap<number, Kept<Listeners>>(MAX_KEPT_LISTENERS);
  #secondMs = Number.NEGATIVE_INFINITY;
  #asked = 0;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  get hasWork(): boolean {
    return this.#waiting.size > 0;
  }

  /** Answers at once, or from `run`. */
  ask(netns: number | undefined, question: Ends, answer: (answer: Answer) => void): void {
    const key = `${netns} ${textOf(question)}`;
    const kept = this.#answers.get(key);
    if (kept !== undefined && kept.untilMs > this.#options.nowMs()) return answer(kept.value);
    if (!this.#mayAsk()) return answer({ kind: "unasked", missing: "budget" });
    const waiting = { question, key, answer };
    const others = this.#waiting.get(netns);
    if (others === undefined) this.#waiting.set(netns, [waiting]);
    else others.push(waiting);
  }

  /** All that listen in a namespace, in one visit. */
  listeners(netns: number | undefined): Listeners {
    if (netns === undefined) return { kind: "unasked", missing: "not_found" };
    const now = this.#options.nowMs();
    const kept = this.#listeners.get(netns);
    if (kept !== undefined && kept.untilMs > now) return kept.value;
    if (!this.#mayAsk()) return { kind: "unasked", missing: "budget" };
    const value = this.#inside(netns, () => this.#options.tables.listeners());
    if (value.kind === "answer") this.#listeners.set(netns, { value, untilMs: now + KEPT_MS });
    return value;
  }

  /** Visits the namespaces that somebody asks about until `untilMs`. */
  run(untilMs: number): void {
    const { nowMs } = this.#options;
    for (const [netns, all] of this.#waiting) {
      if (nowMs() >= untilMs) return;
      const some = all.splice(0, MAX_AT_ONCE);
      if (all.length === 0) this.#waiting.delete(netns);
      this.#visit(netns, some);
    }
  }

  #visit(netns: number | undefined, waiting: readonly Waiting[]): void {
    // The same question may wait several times.
    const different = [...new Map(waiting.map((each) => [each.key, each.question])).entries()];
    const questions = different.map(([, question]) => question);
    const all = this.#inside(netns, () => this.#options.tables.lookUp(questions));
    const untilMs = this.#options.nowMs() + KEPT_MS;
    const byKey = new Map<string, Answer>();
    for (const [index, [key]] of different.entries()) {
      const value: Answer = all.kind === "unasked" ? all : { kind: "answer", answer: all.answer[index] };
      byKey.set(key, value);
      if (value.kind === "answer") this.#answers.set(key, { value, untilMs });
    }
    for (const { key, answer } of waiting)
      answer(byKey.get(key) ?? { kind: "unasked", missing: "not_found" });
  }

  #inside<T>(netns: number | undefined, run: () => T): Asked<T> {
    try {
      const visit = this.#options.ways.inside(netns, run);
      return visit.kind === "seen"
        ? { kind: "answer", answer: visit.value }
        : { kind: "unasked", missing: visit.missing };
    } catch (failure) {
      this.#options.onProblem(failure);
      return { kind: "unasked", missing: "not_found" };
    }
  }

  #mayAsk(): boolean {
    const now = this.#options.nowMs();
    if (now - this.#secondMs >= 1000) {
      this.#secondMs = now;
      this.#asked = 0;
    }
    this.#asked += 1;
    return this.#asked <= MAX_A_SECOND;
  }
}

function textOf({ local, localPort, remote, remotePort, ifindex }: Ends): string {
  return `${local.join(".")} ${localPort} ${remote.join(".")} ${remotePort} ${ifindex}`;
}
