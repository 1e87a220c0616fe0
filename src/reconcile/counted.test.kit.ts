/** Drops that differ from a default as a test says, and their counts. */
import { type DropFacts, dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { type EventCount, EventCounts } from "./event-counts.ts";

export const drop = dropWith(fullDrop, {
  reason: "TCP_CSUM",
  reasonSubsystem: "CORE",
  location: "tcp_v4_rcv+0x9",
  ip: 4,
  tunnel: false,
  gsoSegs: 1,
});
export const counted = (...events: readonly Partial<DropFacts>[]): readonly EventCount[] => {
  const counts = new EventCounts();
  for (const event of events) counts.add(dropWith(drop, event));
  return counts.list;
};
