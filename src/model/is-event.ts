/** Events and notices of one stream, distinguished by the list of kinds. */
import type { Event } from "./event.ts";
import { KINDS } from "./kinds.ts";
import type { TraceItem } from "./notices.ts";

const EVENT_KINDS: ReadonlySet<string> = new Set(KINDS);

/** True for an event of any kind; false for a notice. */
export function isEvent(item: TraceItem): item is Event {
  return EVENT_KINDS.has(item.kind);
}
