/**
 * A sink turns events into text. It is pure: who writes the text, and where, is not its business
 * (out/output.ts).
 */
import { ByteWriter } from "../bytes/byte-writer.ts";
import type { TraceItem } from "../model/index.ts";
import type { SORT_KEYS } from "../settings/table.ts";

/** A word of --sort. */
export type SortKey = (typeof SORT_KEYS)[number];

export interface Sink {
  /** The word after --format. */
  readonly name: string;
  /** What comes once, before everything else; "" for nothing. */
  header(): string;
  /**
   * Writes the event as whole lines of ASCII, each with its newline; nothing for an event that this sink does
   * not show.
   */
  write(event: TraceItem, out: ByteWriter): void;
  /** The same as a string, for what comes seldom. */
  format(event: TraceItem): string;
}

/** What every sink is made from; each takes what it understands. */
export interface SinkOptions {
  /** Show the kernel stack of each drop, where one was taken. */
  readonly stack: boolean;
  /** Show harmless sites in totals too. */
  readonly all: boolean;
  /** Escape sequences for colour may be used. */
  readonly colour: boolean;
  /** Width of the terminal in characters; undefined where the output is none. */
  readonly columns: number | undefined;
  /** Its height, which totals are to fit. */
  readonly rows?: number | undefined;
  /** The columns of the table that somebody chose, by name. */
  readonly chosen?: readonly string[] | undefined;
  /** Owners are looked for; false where nobody does, and the table has no column for them. */
  readonly owners?: boolean | undefined;
  /** The order of totals; most first without it. */
  readonly sort?: SortKey | undefined;
}

export function makeSink(name: string, header: string, write: Sink["write"]): Sink {
  return { name, header: () => header, write, format: (event) => textOf((out) => write(event, out)) };
}

/** Enough for most rows. */
const ROW_BYTES = 4096;

/** What is written, as a string. */
export function textOf(write: (out: ByteWriter) => void): string {
  const out = new ByteWriter(ROW_BYTES);
  write(out);
  return out.toString();
}
