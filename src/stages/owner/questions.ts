/**
 * Questions to the kernel about sockets of a namespace, gathered so that one visit answers all that wait. So
 * many a second, and answers are kept for a second: a scan costs no more than that.
 */
import type { TcpAnswer, TcpListener, TcpQuestion } from "../../host/sock-diag.ts";
import type { OwnerMissing } from "../../model/index.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { NamespaceWays } from "./namespace-ways.ts";
import type { Asked } from "./resolution.ts";
import type { Ends } from "./subject.ts";

export interface SocketTables {
  lookUp(questions: readonly TcpQuestion[]): readonly (TcpAnswer | undefined)[];
  listeners(): readonly TcpListener[];
}

export interface QuestionsOptions {
  readonly ways: Pick<NamespaceWays, "inside" | "isSearching">;
  /** Of the namespace that this thread is in. */
  readonly tables: SocketTables;
  readonly nowMs: () => number;
  readonly onProblem: (failure: unknown) => void;
}

const KEPT_MS = 250;
const MAX_KEPT = 4096;
const MAX_A_SECOND = 1000;
/** In one visit: some 5 ms. */
const MAX_AT_ONCE = 256;

type Answer = Asked<TcpAnswer | undefined>;
type Listeners = Asked<readonly TcpListener[]>;

interface Waiting {
  /** Undefined: who listens. */
  readonly question: Ends | undefined;
  readonly key: string;
  readonly sinceMs: number;
  readonly answer: (answer: Answer | Listeners) => void;
}

interface Kept<T> {
  readonly value: T;
  readonly untilMs: number;
}

export class Questions {
  readonly #options: QuestionsOptions;
  readonly #waiting = new Map<number | undefined, Waiting[]>();
  readonly #answers = new BoundedMap<string, Kept<Answer | Listeners>>(MAX_KEPT);
  /** Some wait that `run` has not tried. */
  #hasNew = false;
  #secondMs = Number.NEGATIVE_INFINITY;
  #asked = 0;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Some of those that wait can be answered now. */
  get hasWork(): boolean {
    return this.#hasNew || (this.isWaiting && this.#options.ways.isSearching);
  }

  /** Answers at once, or from `run`. */
  ask(netns: number | undefined, question: Ends, answer: (answer: Answer) => void): void {
    this.#add(netns, question, textOf(question), answer as Waiting["answer"]);
  }

  /** All that listen in a namespace: at once, or from `run`. */
  listeners(netns: number | undefined, answer: (listeners: Listeners) => void): void {
    this.#add(netns, undefined, "listeners", answer as Waiting["answer"]);
  }

  #add(netns: number | undefined, question: Ends | undefined, text: string, answer: Waiting["answer"]): void {
    const key = `${netns} ${text}`;
    const now = this.#options.nowMs();
    const kept = this.#answers.get(key);
    if (kept !== undefined && kept.untilMs > now) return answer(kept.value);
    if (!this.#mayAsk(now)) return answer({ kind: "unasked", missing: "budget" });
    const waiting = { question, key, sinceMs: now, answer };
    const others = this.#waiting.get(netns);
    if (others === undefined) this.#waiting.set(netns, [waiting]);
    else others.push(waiting);
    this.#hasNew = true;
  }

  /** Visits the namespaces that somebody asks about until `untilMs`. */
  run(untilMs: number): void {
    this.#hasNew = false;
    for (const [netns, all] of this.#waiting) {
      if (this.#options.nowMs() >= untilMs) {
        this.#hasNew = true;
        return;
      }
      const some = all.slice(0, MAX_AT_ONCE);
      const visited = this.#visit(netns, some);
      if (visited === undefined) continue;
      all.splice(0, some.length);
      if (all.length === 0) this.#waiting.delete(netns);
      else this.#hasNew = true;
      this.#tell(some, visited);
    }
  }

  /** By key; undefined where the way there is still being looked for. */
  #visit(
    netns: number | undefined,
    waiting: readonly Waiting[],
  ): ReadonlyMap<string, Answer | Listeners> | OwnerMissing | undefined {
    const since = Math.max(...waiting.map(({ sinceMs }) => sinceMs));
    try {
      const visit = this.#options.ways.inside(netns, since, () => this.#askAll(waiting));
      if (visit.kind === "later") return undefined;
      return visit.kind === "seen" ? visit.value : visit.missing;
    } catch (failure) {
      this.#options.onProblem(failure);
      return "not_found";
    }
  }

  /** The same question may wait several times. */
  #askAll(waiting: readonly Waiting[]): ReadonlyMap<string, Answer | Listeners> {
    const different = new Map(waiting.map(({ key, question }) => [key, question]));
    const answers = new Map<string, Answer | Listeners>();
    const tuples = [...different].flatMap(([key, question]) =>
      question === undefined ? [] : [{ key, question }],
    );
    const found = this.#options.tables.lookUp(tuples.map(({ question }) => question));
    for (const [index, { key }] of tuples.entries())
      answers.set(key, { kind: "answer", answer: found[index] });
    for (const [key, question] of different)
      if (question === undefined)
        answers.set(key, { kind: "answer", answer: this.#options.tables.listeners() });
    return answers;
  }

  #tell(waiting: readonly Waiting[], visited: ReadonlyMap<string, Answer | Listeners> | OwnerMissing): void {
    const untilMs = this.#options.nowMs() + KEPT_MS;
    const unasked = {
      kind: "unasked",
      missing: typeof visited === "string" ? visited : "not_found",
    } as const;
    for (const { key, answer } of waiting) {
      const value = typeof visited === "string" ? undefined : visited.get(key);
      if (value !== undefined) this.#answers.set(key, { value, untilMs });
      answer(value ?? unasked);
    }
  }

  #mayAsk(now: number): boolean {
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
