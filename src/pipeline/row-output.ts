/**
 * The rows of a run on an output, and which of their drops are out: what is counted as shown is what is there
 * to be read.
 *
 * At the end a reader that stalls is not waited for. What it has not begun to take by then is given up for
 * good: a row that came out after the totals were made would be there, and be counted as unread.
 */
import type { TextBytes } from "../bytes/text-bytes.ts";
import type { TraceItem } from "../model/index.ts";
import type { Output } from "./output.ts";
import type { Counted } from "./reason-counts.ts";
import { Unwritten } from "./unwritten.ts";

/** What makes rows: a sink. */
interface RowWriter<E> {
  write(event: E, out: TextBytes): void;
}

export class RowOutput {
  readonly #output: Output;
  readonly #unwritten = new Unwritten();
  #givenUpBytes = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Takes the event's row, made by `writer`. False where it was not taken. */
  row<E extends TraceItem>(event: E, writer: RowWriter<E>): boolean {
    const { room } = this.#output;
    if (room === undefined) return false;
    const start = room.length;
    writer.write(event, room);
    this.#unwritten.took(event.kind === "drop" ? event : undefined, room.length - start);
    this.#output.took();
    return true;
  }

  /** Takes text that belongs to no drop. False where it was not taken. */
  append(text: string): boolean {
    const taken = this.#output.append(text);
    if (taken) this.#unwritten.took(undefined, Buffer.byteLength(text));
    return taken;
  }

  /** Writes what can be written now. */
  pump(): void {
    this.#output.pump();
    this.#unwritten.wrote(this.#output.writtenBytes);
  }

  /**
   * Gives the reader so long to take what waits, and gives up what it did not begin to take: the drops in
   * that.
   */
  async giveUpAfter(deadlineMs: number): Promise<readonly Counted[]> {
    await this.#output.flush(deadlineMs);
    this.#unwritten.wrote(this.#output.writtenBytes);
    const { drops, endBytes } = this.#unwritten.giveUp();
    this.#givenUpBytes += this.#output.cutAt(endBytes);
    return drops;
  }

  /**
   * Writes until nothing is left, or until the time is over; the drop whose row is cut in the middle then, if
   * one is.
   */
  async finish(deadlineMs: number): Promise<readonly Counted[]> {
    await this.#output.flush(deadlineMs);
    this.#unwritten.wrote(this.#output.writtenBytes);
    return this.#unwritten.drops;
  }

  /** Bytes that the reader did not take, now or when they were given up. */
  get notTakenBytes(): number {
    return this.#givenUpBytes + this.#output.pendingBytes;
  }
}
