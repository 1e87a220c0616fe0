/** A lookup that answers when a test says so. */
import type { Event, Owner } from "../model/index.ts";
import type { Lookup, LookupHooks, Pending } from "./lookup.ts";

interface Answer {
  isSettled: boolean;
  isAnswered: boolean;
  owner: Owner | undefined;
}

export class ScriptedLookup implements Lookup {
  readonly name = "owner";
  readonly log: string[] = [];
  problemsSoFar: readonly string[] = [];
  /** Given at once to events of these ids. */
  readonly known = new Map<number, Owner>();
  /** Ids of events that it is asked for, in order. */
  readonly asked: number[] = [];
  /** Thrown by the next call of the function. */
  failure: { readonly in: "apply" | "fill" | "settleNow"; readonly error: Error } | undefined;
  /** What the last try finds. */
  lastAnswer: Owner | undefined;
  readonly #waiting = new Map<number, Answer>();
  #hooks: LookupHooks | undefined;

  start(hooks: LookupHooks): void {
    this.log.push("start");
    this.#hooks = hooks;
  }

  apply(event: Event): Pending | undefined {
    this.#throw("apply");
    this.asked.push(event.id);
    const known = this.known.get(event.id);
    if (known !== undefined) {
      event.owner = known;
      return undefined;
    }
    const answer: Answer = { isSettled: false, isAnswered: false, owner: undefined };
    this.#waiting.set(event.id, answer);
    return {
      get isSettled() {
        return answer.isSettled;
      },
      get isAnswered() {
        return answer.isAnswered;
      },
      fill: (of) => {
        this.#throw("fill");
        of.owner = answer.owner;
      },
    };
  }

  /** The owner of these is known now. */
  settle(owner: Owner | undefined, ...ids: readonly number[]): void {
    this.#answer(owner, ids);
    this.#hooks?.settled();
  }

  /** The owner of these is known now, and what stands beside it is not. */
  answer(owner: Owner, ...ids: readonly number[]): void {
    for (const id of ids) Object.assign(this.#waiting.get(id) ?? {}, { isAnswered: true, owner });
    this.#hooks?.settled();
  }

  /** Something failed in a callback of its own. */
  fail(error: Error): void {
    this.#hooks?.fail(error);
  }

  settleNow(deadlineMs: number): void {
    this.log.push(`settleNow ${deadlineMs > 0 && deadlineMs <= 50}`);
    this.#throw("settleNow");
    if (this.lastAnswer !== undefined) this.#answer(this.lastAnswer, [...this.#waiting.keys()]);
  }

  problems(): readonly string[] {
    return this.problemsSoFar;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.log.push("dispose");
    return Promise.resolve();
  }

  #answer(owner: Owner | undefined, ids: readonly number[]): void {
    for (const id of ids) {
      const answer = this.#waiting.get(id);
      if (answer !== undefined) Object.assign(answer, { isSettled: true, isAnswered: true, owner });
    }
  }

  #throw(at: NonNullable<ScriptedLookup["failure"]>["in"]): void {
    if (this.failure?.in !== at) return;
    const { error } = this.failure;
    this.failure = undefined;
    throw error;
  }
}
