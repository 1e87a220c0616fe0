/** Fields that only refused SYNs have. */
import type { Event } from "../event.ts";
import { type EventField, inGroup } from "./event-field.ts";
import { COUNT, U32 } from "./field.ts";

const detail = (event: Event) => (event.kind === "refused" ? event.detail : undefined);

export const INTERVAL_FIELDS: readonly EventField[] = inGroup("detail", [
  {
    name: "since",
    type: "time",
    doc: "Start of the interval; `time` where the SYN was seen itself.",
    kinds: { refused: "always" },
    get: (event) => detail(event)?.sinceNs,
  },
  {
    name: "count",
    type: "integer",
    range: [1, COUNT[1]],
    doc: "How many SYNs were refused.",
    kinds: { refused: "always" },
    get: (event) => detail(event)?.count,
  },
  {
    name: "at_most",
    type: "boolean",
    doc:
      "True where `count` is an upper bound: drops that have a line of their own could not all be distinguished " +
      "from refused SYNs.",
    kinds: { refused: "always" },
    get: (event) => detail(event)?.atMost,
  },
]);

export const QUEUE_FIELDS: readonly EventField[] = inGroup("detail", [
  {
    name: "accept_queue",
    type: "integer",
    range: U32,
    doc: "Connections that waited for accept() then.",
    kinds: { refused: "sometimes" },
    get: (event) => detail(event)?.acceptQueue,
  },
  {
    name: "accept_queue_limit",
    type: "integer",
    range: U32,
    doc: "The backlog: with one more than this the accept queue is full.",
    kinds: { refused: "sometimes" },
    get: (event) => detail(event)?.acceptQueueLimit,
  },
]);
