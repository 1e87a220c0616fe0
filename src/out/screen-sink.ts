/**
 * Rows on a terminal: the header again after each screen of them, columns as wide as the terminal is now, and
 * one line a second for rows that are equal (folds.ts). Totals replace those before.
 *
 * A row that was folded counts as shown once the line that counts it is out.
 */
import type { ByteWriter } from "../bytes/byte-writer.ts";
import type { Event } from "../model/index.ts";
import { isEvent } from "../model/is-event.ts";
import { type Entry, entryOf } from "../run/account.ts";
import type { Notice, Refund } from "../run/sink.ts";
import { writeFold } from "../sinks/fold-text.ts";
import type { Sink as Formatter } from "../sinks/sink.ts";
import type { TerminalSize } from "../sys/terminal.ts";
import { type Fold, Folds } from "./folds.ts";
import type { Output } from "./output.ts";
import { RowSink } from "./row-sink.ts";

export interface ScreenSinkOptions {
  readonly name: string;
  readonly output: Output;
  /** Of the terminal, now. */
  readonly size: () => TerminalSize;
  /** For a terminal of this size. */
  readonly formatter: (size: TerminalSize) => Formatter;
  readonly colour: boolean;
  readonly folds: boolean;
  /** Totals are drawn over those before: it understands escape sequences. */
  readonly redraws: boolean;
}

const FOLD_MS = 1000;
/** To the upper left, and clear what is below. */
const REDRAW = "\x1b[H\x1b[J";
const NEWLINE = 0x0a;

export class ScreenSink extends RowSink {
  readonly #options: ScreenSinkOptions;
  readonly #folds: Folds | undefined;
  readonly #entryOf = entryOf();
  #size: TerminalSize;
  #formatter: Formatter;
  #headerLines = 0;
  /** Since the header; undefined before the first, and where the terminal has another width now. */
  #lines: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #countedSinceMs = 0;
  /** Folded, and not written. */
  #notWritten: Entry[] = [];

  constructor(options: ScreenSinkOptions) {
    const size = options.size();
    const formatter = options.formatter(size);
    super({ name: options.name, pace: "blocking", formatter, output: options.output, header: false });
    this.#options = options;
    this.#size = size;
    this.#formatter = formatter;
    this.#folds = options.folds ? new Folds() : undefined;
  }

  override take(item: Event | Notice): boolean {
    this.#follow();
    if (!isEvent(item)) return this.#notice(item);
    if (!this.hasRoom) return false;
    if (this.#folds?.takes(item) === true) return true;
    this.#countFromNow();
    return this.#row(item, this.#entryOf(item));
  }

  override async settle(deadlineMs: number): Promise<Refund> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#writeFolds();
    return [...this.#notWritten.splice(0), ...(await super.settle(deadlineMs))];
  }

  override [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    return super[Symbol.asyncDispose]();
  }

  #notice(notice: Notice): boolean {
    const replaces = notice.kind === "totals" && this.#options.redraws;
    return this.appendFor(undefined, (out) => {
      if (replaces) out.text(REDRAW);
      this.#formatter.write(notice, out);
    });
  }

  /** Another size is another layout, and a header of its own. */
  #follow(): void {
    const size = this.#options.size();
    if (size.columns === this.#size.columns && size.rows === this.#size.rows) return;
    if (size.columns !== this.#size.columns) this.#lines = undefined;
    this.#size = size;
    this.#formatter = this.#options.formatter(size);
  }

  #row(event: Event, entry: Entry): boolean {
    this.#headerWhereDue();
    return this.#counted(entry, (out) => this.#formatter.write(event, out));
  }

  #headerWhereDue(): void {
    if (this.#lines !== undefined && this.#lines + this.#headerLines < this.#size.rows - 1) return;
    const header = this.#formatter.header();
    if (!this.append(header)) return;
    this.#headerLines = header.split("\n").length - 1;
    this.#lines = 0;
  }

  #counted(entry: Entry, write: (out: ByteWriter) => void): boolean {
    return this.appendFor(entry, (out) => {
      const start = out.length;
      write(out);
      this.#lines = (this.#lines ?? 0) + newlines(out.written, start);
    });
  }

  #countFromNow(): void {
    if (this.#folds === undefined || this.#timer !== undefined) return;
    this.#countedSinceMs = performance.now();
    this.#timer = setInterval(() => this.#everySecond(this.#folds), FOLD_MS);
    this.#timer.unref();
  }

  #everySecond(folds: Folds | undefined): void {
    this.#follow();
    this.#writeFolds();
    this.flush();
    if (folds?.isEmpty !== true) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #writeFolds(): void {
    const nowMs = performance.now();
    const ms = nowMs - this.#countedSinceMs;
    this.#countedSinceMs = nowMs;
    for (const fold of this.#folds?.takeAll() ?? [])
      if (!this.#fold(fold, ms)) this.#notWritten.push(fold.entry);
  }

  /** A single row is shown as it is. */
  #fold(fold: Fold, ms: number): boolean {
    if (fold.rows === 1) return this.#row(fold.event, fold.entry);
    this.#headerWhereDue();
    const { colour } = this.#options;
    const { columns } = this.#size;
    return this.#counted(fold.entry, (out) => writeFold(fold, { colour, columns, ms }, out));
  }
}

function newlines(bytes: Buffer, start: number): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE, start); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
