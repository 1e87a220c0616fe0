/** Calls a function for each notice: events are not its business. */

import type { Event } from "../model/index.ts";
import { isEvent } from "../model/is-event.ts";
import type { Notice, Refund, Sink } from "../run/sink.ts";

export class NoticeSink implements Sink {
  readonly name = "messages";
  readonly pace = "dropping";
  readonly wants = "notices";
  readonly isFull = false;
  readonly isClosed = false;
  readonly problem = undefined;
  readonly #say: (notice: Notice) => void;

  constructor(say: (notice: Notice) => void) {
    this.#say = say;
  }

  open(): void {}

  take(item: Event | Notice): boolean {
    if (isEvent(item)) return false;
    this.#say(item);
    return true;
  }

  flush(): void {}

  settle(): Promise<Refund> {
    return Promise.resolve([]);
  }

  close(): Promise<Refund> {
    return Promise.resolve([]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
