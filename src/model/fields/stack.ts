/** Fields of the kernel stack. */
import type { EventField } from "./event-field.ts";

export const STACK_FIELDS: readonly EventField[] = [
  {
    name: "stack",
    group: "stack",
    type: "texts",
    doc: "Kernel stack, innermost frame first, each frame like `location`.",
    kinds: { drop: "sometimes" },
    get: (event) => event.stack,
  },
  {
    name: "stack_omitted",
    group: "detail",
    type: "boolean",
    doc:
      "True where a stack was wanted and left out, because its site drops more often than stacks are " +
      "taken (`--stacks`); absent otherwise.",
    kinds: { drop: "sometimes" },
    get: (event) => (event.kind === "drop" && event.detail.stackOmitted) || undefined,
  },
];
