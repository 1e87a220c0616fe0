/**
 * Messages of a run on stderr. A write that blocks would stop the event loop with the program attached, deaf
 * to signals: so they wait in a small buffer, and where that is full whole lines are dropped, and counted.
 */
import { Output, type PollWritable } from "../out/output.ts";
import { pollWritable } from "./poll-writable.ts";
import { type MessageWriter, STDERR, writeMessagesTo } from "./print.ts";

/** The longest summary, of 1024 sites, has room. */
const LIMIT_BYTES = 256 * 1024;

let messages: Messages | undefined;

/** From now on `say` does not block. To be called before anything is attached. */
export function sayWithoutBlocking(): void {
  messages ??= new Messages(STDERR, pollWritable);
  writeMessagesTo(messages);
}

export class Messages implements MessageWriter, Disposable {
  readonly #output: Output;
  #droppedLines = 0;

  constructor(fd: number, isWritable: PollWritable, limitBytes = LIMIT_BYTES) {
    this.#output = new Output({ fd, pollWritable: isWritable, limitBytes, wholeLines: true });
  }

  say(text: string): void {
    for (const line of text.split(/(?<=\n)/)) if (line !== "") this.#take(line);
    this.#output.pump();
  }

  /** Gives the reader so long to take what waits; what it did not take then is lost. */
  async finish(deadlineMs: number): Promise<void> {
    const endMs = performance.now() + deadlineMs;
    if (!(await this.#output.flush(deadlineMs)) || this.#droppedLines === 0) return;
    this.#reportDropped();
    await this.#output.flush(endMs - performance.now());
  }

  /** After a drop the buffer must have drained a good deal: else every other line would be the report. */
  #take(line: string): void {
    if (this.#droppedLines > 0 && !this.#output.isFull) this.#reportDropped();
    if (this.#droppedLines > 0 || !this.#output.append(line)) this.#droppedLines += 1;
  }

  #reportDropped(): void {
    const lines = this.#droppedLines === 1 ? "1 line" : `${this.#droppedLines} lines`;
    const report = `tcpdrop: dropped ${lines} of messages here: the reader of stderr was too slow\n`;
    if (this.#output.append(report)) this.#droppedLines = 0;
  }

  [Symbol.dispose](): void {
    this.#output[Symbol.dispose]();
  }
}
