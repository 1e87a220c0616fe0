/** Whoever looks at events and changes nothing. */
import type { Event } from "../model/index.ts";

export interface Observer {
  /** Every event that the filter accepts, shown or not. What it throws ends the run. */
  observe(event: Event): void;
}
