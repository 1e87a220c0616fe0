/** Events for tests of the run: each is what its few arguments say. */
import { type DropFacts, dropWith } from "../../test/drop-facts.ts";
import { fullDrop, refused } from "../../test/golden/sample-events.ts";
import type { DropEvent, RefusedEvent } from "../model/index.ts";

export function dropLike(facts: Partial<DropFacts> = {}): DropEvent {
  return dropWith(fullDrop, facts);
}

export function refusedLike(count = 1, atMost = false): RefusedEvent {
  return { ...refused, detail: { ...refused.detail, count, atMost } };
}
