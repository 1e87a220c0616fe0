/** A sink turns events into text. It is pure: who writes the text, and where, is not its business (pipeline/output.ts). */
import type { TraceEvent } from "../event.ts";

export interface Sink {
  /** The word after --format. */
  readonly name: string;
  /** What comes once, before everything else; "" for nothing. */
  header(): string;
  /** The event as whole lines, each with its newline; "" for an event that this sink does not show. */
  format(event: TraceEvent): string;
}

/** What every sink is made from; each takes what it understands. */
export interface SinkOptions {
  /** Show the kernel stack of each drop, where one was taken. */
  readonly stack: boolean;
  /** Show harmless places in totals too. */
  readonly all: boolean;
  /** Escape sequences for colour may be used. */
  readonly colour: boolean;
  /** Width of the terminal in characters; undefined where the output is none. */
  readonly columns: number | undefined;
}
