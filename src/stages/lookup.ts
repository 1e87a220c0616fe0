/**
 * A step that gives an event what only a look at the machine says: its owner. It comes after the filter, and an
 * answer may come later; the event waits for it in the run's hold (run/hold.ts), with those behind it.
 */
import type { Event } from "../model/index.ts";

/** What one or more events wait for. */
export interface Pending {
  /** All is there that it waits for. */
  readonly isSettled: boolean;
  /** The owner is there; what is missing stands beside it. */
  readonly isAnswered: boolean;
  /** Fills the slots of an event that waited, with the answer or with what is known without one. */
  fill(event: Event): void;
}

export interface LookupHooks {
  /** Some answers came. Called in a callback of the lookup's own. */
  readonly settled: () => void;
  /** The lookup cannot go on: the run ends. */
  readonly fail: (failure: unknown) => void;
}

/** Nothing of it is open any more once it is disposed of. */
export interface Lookup extends AsyncDisposable {
  readonly name: string;
  /** Called once, before the first event. */
  start(hooks: LookupHooks): void;
  /** Fills the event's slots at once, or says what it has to wait for. */
  apply(event: Event): Pending | undefined;
  /** One last try for all that still wait, within so many milliseconds: no answer comes after it. */
  settleNow(deadlineMs: number): void;
  /** What it could not do so far, and why, a sentence each: they are in the summary. */
  problems(): readonly string[];
}
