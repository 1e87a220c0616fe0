/** A queue that a program's own loop takes events from, as a sink: what the library hands out. */

import type { Event } from "../model/index.ts";
import type { Notice, Refund, Sink } from "../run/sink.ts";

export type StreamItem = Event | Notice;

export class QueueSink implements Sink {
  readonly name = "the consumer";
  readonly pace = "blocking";
  readonly wants = "everything";
  readonly isClosed = false;
  readonly problem = undefined;
  readonly #highWaterMark: number;
  #waiting: StreamItem[] = [];
  #wake: () => void = () => undefined;

  /** Items that wait at most before the source has to. */
  constructor(highWaterMark: number) {
    this.#highWaterMark = highWaterMark;
  }

  open(): void {}

  take(item: StreamItem): boolean {
    this.#waiting.push(item);
    return true;
  }

  get isFull(): boolean {
    return this.#waiting.length >= this.#highWaterMark;
  }

  flush(): void {
    this.#wake();
  }

  /** All that waits; nothing waits any more then. */
  takeAll(): readonly StreamItem[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Resolves at the next `flush`, or at once where something waits. */
  filled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#waiting.length > 0) resolve();
    });
  }

  /** The consumer has all the time it wants. */
  settle(): Promise<Refund> {
    return Promise.resolve([]);
  }

  close(): Promise<Refund> {
    this.#wake();
    return Promise.resolve([]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
