/** Events for tests of the run: each is what its few arguments say. */
import { fullDrop, refused } from "../../test/golden/sample-events.ts";
import type { DropClass, DropEvent, RefusedEvent } from "../event.ts";

export interface DropLike {
  readonly reason?: string | undefined;
  readonly reasonCode?: number | undefined;
  readonly reasonInferred?: boolean;
  readonly class?: DropClass;
  readonly gsoSegs?: number;
  readonly seq?: number;
  readonly timeNs?: bigint;
}

export function dropLike(of: DropLike = {}): DropEvent {
  return { ...fullDrop, ...of };
}

export function refusedLike(count = 1, atMost = false): RefusedEvent {
  return { ...refused, count, atMost };
}
