/** A step that each event passes on its way from the source to the sinks. */
import type { Event } from "../model/index.ts";

export interface Stage {
  readonly name: string;
  /** Sees every event, before the filter. What it throws ends the run. */
  apply(event: Event): void;
  /** What it could not do so far, and why, a sentence each: they are in the summary. */
  problems(): readonly string[];
}
