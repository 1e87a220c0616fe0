/** Takes everything and keeps nothing: for runs of which the totals alone are wanted. */
import type { Refund, Sink } from "../run/sink.ts";

export class DiscardSink implements Sink {
  readonly name = "nowhere";
  readonly pace = "blocking";
  readonly wants = "everything";
  readonly isFull = false;
  readonly isClosed = false;
  readonly problem = undefined;

  open(): void {}

  take(): boolean {
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
