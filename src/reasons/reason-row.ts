/** One drop reason: what it means for the people who run the machine. */
import type { DropClass } from "../event.ts";

export interface ReasonRow {
  /** Without SKB_DROP_REASON_ or the subsystem's prefix. */
  readonly name: string;
  readonly subsystem: string;
  readonly class: DropClass;
  /** The kernel function that gives the reason, and so justifies the class; names as of Linux 6.18. */
  readonly place: string;
  /** What `nstat` calls the counter that rises with it. */
  readonly counter: string | undefined;
  /** What happened, in plain words. */
  readonly meaning: string;
  /** What to look at or do next; one line. */
  readonly advice: string;
}

/** name, class, place, counter, meaning, advice */
export type Columns = readonly [string, DropClass, string, string | undefined, string, string];

export function rows(subsystem: string, table: readonly Columns[]): readonly ReasonRow[] {
  return table.map(([name, dropClass, place, counter, meaning, advice]) => ({ name, subsystem, class: dropClass, place, counter, meaning, advice }));
}
