/**
 * The rows of a run on an output, and which of their drops are out: what is counted as shown is what is there to be read.
 *
 * At the end a reader that stalls is not waited for. What it has not begun to take by then is given up for good: a row that came out
 * after the totals were made would be there, and be counted as unread.
 */
import type { DropEvent } from "../event.ts";
import type { Output } from "./output.ts";
import { Unwritten } from "./unwritten.ts";

export class RowOutput {
  readonly #output: Output;
  readonly #unwritten = new Unwritten();
  #givenUpBytes = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Takes text: the row of a drop, or what belongs to none. False where it was not taken. */
  append(text: string, drop?: DropEvent): boolean {
    if (!this.#output.append(text)) return false;
    if (drop === undefined) this.#unwritten.skip(text.length);
    else this.#unwritten.took(drop, text.length);
    return true;
  }

  /** Writes what can be written now. */
  pump(): void {
    this.#output.pump();
    this.#unwritten.wrote(this.#output.writtenBytes);
  }

  /** Gives the reader so long to take what waits, and gives up what it did not begin to take: the drops in that. */
  async giveUpAfter(deadlineMs: number): Promise<readonly DropEvent[]> {
    await this.#output.flush(deadlineMs);
    this.#unwritten.wrote(this.#output.writtenBytes);
    const { events, endBytes } = this.#unwritten.giveUp();
    this.#givenUpBytes += this.#output.cutAt(endBytes);
    return events;
  }

  /** Writes until nothing is left, or until the time is over; the drop whose row is cut in the middle then, if one is. */
  async finish(deadlineMs: number): Promise<readonly DropEvent[]> {
    await this.#output.flush(deadlineMs);
    this.#unwritten.wrote(this.#output.writtenBytes);
    return this.#unwritten.events;
  }

  /** Bytes that the reader did not take, now or when they were given up. */
  get notTakenBytes(): number {
    return this.#givenUpBytes + this.#output.pendingBytes;
  }
}
