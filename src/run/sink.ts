/** Where a run's events and notices go. */
import type { Event, Notice } from "../model/index.ts";
import type { SourceFacts } from "../source/source.ts";
import type { Entry } from "./account.ts";

export type { Notice };

/**
 * - `blocking`: while it is full the run stops draining, and what the source cannot hold meanwhile is lost
 *   and counted there
 * - `dropping`: it never makes the source wait; what it does not take is its own loss
 */
export type Pace = "blocking" | "dropping";

/** Events that were taken and did not get out after all. */
export type Refund = readonly Entry[];

export interface Sink extends AsyncDisposable {
  /** For people: "stdout", a file's name. */
  readonly name: string;
  readonly pace: Pace;
  /** "notices": it is offered no events, and has no account of them. */
  readonly wants: "everything" | "notices";
  /** Before everything else. */
  open(facts: SourceFacts): void;
  /** False where it was not taken: it is full, or closed. */
  take(item: Event | Notice): boolean;
  readonly isFull: boolean;
  /** Nothing will be taken any more: the reader has gone, or writing failed. */
  readonly isClosed: boolean;
  /** After each batch. */
  flush(): void;
  /**
   * The last event was taken; the summary is still to come. Gives the reader so long, then gives up what it
   * did not begin to take.
   */
  settle(deadlineMs: number): Promise<Refund>;
  /** The last of all; then nothing is taken any more. */
  close(deadlineMs: number): Promise<Refund>;
  /** What went wrong, in words for people; undefined while nothing did. */
  readonly problem: Error | undefined;
}
