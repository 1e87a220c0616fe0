/** Fields of the event itself. */
import { DROP_CLASSES } from "../words.ts";
import { type EventField, inGroup } from "./event-field.ts";
import { COUNT } from "./field.ts";

export const HEAD_FIELDS: readonly EventField[] = inGroup("event", [
  {
    name: "id",
    type: "integer",
    range: [1, COUNT[1]],
    doc: "Number of the event, unique in the run: later events have greater ones, with gaps.",
    kinds: { drop: "always", refused: "always" },
    get: (event) => event.id,
  },
  {
    name: "time",
    type: "time",
    doc:
      "Wall-clock time: of the drop, or of the refused SYN; where SYNs were counted, the end of the " +
      "interval.",
    kinds: { drop: "always", refused: "always" },
    column: {
      title: "TIME",
      width: 8,
      doc: "Local time of the drop; with microseconds where there is room",
      at: 10,
    },
    get: (event) => event.timeNs,
  },
  {
    name: "ktime_ns",
    type: "decimal",
    doc: "CLOCK_BOOTTIME at the drop, in nanoseconds: it goes on while the machine is suspended.",
    kinds: { drop: "always" },
    get: (event) => event.ktimeNs,
  },
]);

export const CLASS_FIELD: EventField = {
  name: "class",
  group: "event",
  type: "text",
  oneOf: DROP_CLASSES,
  doc: "How much the drop hurts.",
  kinds: { drop: "always", refused: "always" },
  filter: {
    word: "class",
    form: "class CLASS",
    examples: ["class loss"],
    meaning: "how much the drop hurts: `loss`, `duplicate`, `refused`, `normal`, `copy`",
    argument: `a class: ${DROP_CLASSES.join(", ")}`,
    values: DROP_CLASSES,
  },
  column: {
    title: "CLASS",
    width: 9,
    doc: "How much it hurts: loss, duplicate, refused, normal, copy",
    at: 230,
    painted: true,
  },
  get: (event) => event.class,
};
