/** A sink turns events into text; who writes it where is not its business. */
import type { TraceEvent } from "../event.ts";

export interface Sink {
  readonly name: string;
  /** What stands before the first event; "" for nothing. */
  header(): string;
  /** Whole lines; "" where this sink does not show such events. */
  format(event: TraceEvent): string;
}

export interface SinkOptions {
  /** Show stacks under the rows. */
  readonly stack: boolean;
  readonly colour: boolean;
  /** Width of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
}
