/** A sink that keeps what it took, with a limit, a stall or a failure where a test wants one. */
import type { Event } from "../model/index.ts";
import { isEvent } from "../model/is-event.ts";
import type { Entry } from "./account.ts";
import type { Notice, Pace, Sink } from "./sink.ts";

export class CollectingSink implements Sink {
  readonly name: string;
  readonly pace: Pace;
  readonly wants = "everything";
  readonly problem = undefined;
  readonly events: Event[] = [];
  readonly notices: Notice[] = [];
  readonly log: string[] = [];
  /** What `settle` and `close` were given. */
  readonly deadlinesMs: number[] = [];
  isClosed = false;
  isFull = false;
  /** Events that it takes before it is full. */
  room = Number.POSITIVE_INFINITY;
  /** Thrown at the next event. */
  failure: Error | undefined;
  /** Given back by `settle` and by `close`. */
  refunds: { readonly settle: readonly Entry[]; readonly close: readonly Entry[] } = {
    settle: [],
    close: [],
  };

  constructor(pace: Pace = "blocking", name = "test") {
    this.pace = pace;
    this.name = name;
  }

  open(): void {
    this.log.push("open");
  }

  take(item: Event | Notice): boolean {
    if (this.failure !== undefined) throw this.failure;
    if (!isEvent(item)) {
      this.notices.push(item);
      return true;
    }
    if (this.isClosed || this.events.length >= this.room) return false;
    this.events.push(item);
    this.isFull = this.events.length >= this.room;
    return true;
  }

  /** The reader came back. */
  makeRoom(events: number): void {
    this.room += events;
    this.isFull = false;
  }

  flush(): void {
    this.log.push("flush");
  }

  settle(deadlineMs: number): Promise<readonly Entry[]> {
    this.deadlinesMs.push(deadlineMs);
    this.log.push("settle");
    return Promise.resolve(this.refunds.settle);
  }

  close(deadlineMs: number): Promise<readonly Entry[]> {
    this.deadlinesMs.push(deadlineMs);
    this.log.push("close");
    return Promise.resolve(this.refunds.close);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.log.push("dispose");
    return Promise.resolve();
  }
}
