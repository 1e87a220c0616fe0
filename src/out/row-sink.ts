/**
 * A formatter's rows on an output, as a sink: knows which events are out, for only what is there to be read
 * counts as shown.
 *
 * At the end a reader that stalls is not waited for. What it has not begun to take by then is given up for good:
 * a row that came out after the totals were made would be there, and be counted as unread.
 */

import type { ByteWriter } from "../bytes/byte-writer.ts";
import type { Event } from "../model/index.ts";
import { isEvent } from "../model/is-event.ts";
import type { Entry } from "../run/account.ts";
import type { Notice, Pace, Refund, Sink } from "../run/sink.ts";
import type { Sink as Formatter } from "../sinks/sink.ts";
import type { Output } from "./output.ts";
import { Unwritten } from "./unwritten.ts";

export interface RowSinkOptions {
  readonly name: string;
  readonly pace: Pace;
  readonly formatter: Formatter;
  readonly output: Output;
  /** Closed after the output: the file that it writes to. */
  readonly owns?: Disposable | undefined;
  /** False where a header would stand above nothing. */
  readonly header?: boolean;
}

export class RowSink implements Sink {
  readonly name: string;
  readonly wants = "everything";
  readonly pace: Pace;
  readonly #formatter: Formatter;
  readonly #output: Output;
  readonly #owns: Disposable | undefined;
  readonly #header: boolean;
  readonly #unwritten = new Unwritten();
  #givenUpBytes = 0;

  constructor({ name, pace, formatter, output, owns, header = true }: RowSinkOptions) {
    this.name = name;
    this.pace = pace;
    this.#formatter = formatter;
    this.#output = output;
    this.#owns = owns;
    this.#header = header;
  }

  open(): void {
    if (this.#header) this.append(this.#formatter.header());
    this.flush();
  }

  take(item: Event | Notice): boolean {
    const { room } = this.#output;
    if (room === undefined || (this.pace === "dropping" && this.#output.isFull)) return false;
    const start = room.length;
    try {
      this.#formatter.write(item, room);
    } catch (failure) {
      room.cutAt(start);
      throw failure;
    }
    this.#unwritten.took(isEvent(item) ? item : undefined, room.length - start);
    this.#output.took();
    return true;
  }

  get format(): string {
    return this.#formatter.name;
  }

  /** Takes text that belongs to no event. False where it was not taken. */
  append(text: string): boolean {
    return this.appendFor(undefined, (out) => out.text(text));
  }

  /** Takes what `write` writes, which is out once what `entry` counts is. False where it was not taken. */
  protected appendFor(entry: Entry | undefined, write: (out: ByteWriter) => void): boolean {
    const { room } = this.#output;
    if (room === undefined) return false;
    const start = room.length;
    write(room);
    this.#unwritten.tookEntry(entry, room.length - start);
    this.#output.took();
    return true;
  }

  /** False where nothing is taken. */
  protected get hasRoom(): boolean {
    return this.#output.room !== undefined;
  }

  get isFull(): boolean {
    return this.#output.isFull;
  }

  get isClosed(): boolean {
    return this.#output.closed;
  }

  get problem(): Error | undefined {
    return this.#output.error;
  }

  /** Writes what can be written now. */
  flush(): void {
    this.#output.pump();
    this.#unwritten.wrote(this.#output.writtenBytes);
  }

  async settle(deadlineMs: number): Promise<Refund> {
    await this.#output.flush(deadlineMs);
    this.#unwritten.wrote(this.#output.writtenBytes);
    const { entries, endBytes } = this.#unwritten.giveUp();
    this.#givenUpBytes += this.#output.cutAt(endBytes);
    return entries;
  }

  /** The event whose row is cut in the middle when the time is over, if one is. */
  async close(deadlineMs: number): Promise<Refund> {
    await this.#output.flush(deadlineMs);
    this.#unwritten.wrote(this.#output.writtenBytes);
    return this.#unwritten.entries;
  }

  /** Bytes that the reader did not take, now or when they were given up. */
  get notTakenBytes(): number {
    return this.#givenUpBytes + this.#output.pendingBytes;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#output[Symbol.dispose]();
    this.#owns?.[Symbol.dispose]();
    return Promise.resolve();
  }
}
