/**
 * Fields of the site: why, where in the kernel, and what it means. `locationAddress` is not here: `location` is
 * its name.
 */
import { DROP_SOURCES, REFUSED_CAUSES, REFUSED_SOURCES } from "../words.ts";
import { type EventField, inGroup } from "./event-field.ts";
import { U32 } from "./field.ts";

export const SITE_FIELDS: readonly EventField[] = inGroup("site", [
  {
    name: "source",
    type: "text",
    doc:
      "What saw it: a tracepoint or a function of the kernel; of refused SYNs the function that refuses " +
      "them, or counters of the listening socket and of its network namespace.",
    kinds: { drop: "always", refused: "always" },
    oneOfKind: { drop: DROP_SOURCES, refused: REFUSED_SOURCES },
    get: (event) => event.site.source,
  },
  {
    name: "cause",
    type: "text",
    oneOf: REFUSED_CAUSES,
    doc: "Why, as far as the counters of the namespace show; not a drop reason of the kernel.",
    kinds: { refused: "always" },
    filter: {
      word: "cause",
      form: "cause CAUSE",
      examples: ["cause ACCEPT_QUEUE_FULL"],
      meaning: "why a listening socket refused a SYN; no drop has one",
      argument: `a cause: ${REFUSED_CAUSES.join(", ")}`,
      values: REFUSED_CAUSES,
    },
    get: (event) => event.site.reason,
  },
  {
    name: "reason",
    type: "text",
    doc: "Drop reason, as the running kernel names it, without SKB_DROP_REASON_.",
    kinds: { drop: "sometimes" },
    filter: {
      word: "reason",
      form: "reason NAME",
      examples: ["reason NO_SOCKET", "reason TCP_*", "reason 3"],
      meaning: "the drop reason: a name that the running kernel has, a pattern with `*` and `?`, or a number",
      argument: "a drop reason: its name, a pattern with * or ?, or its number",
    },
    get: (event) => event.site.reason,
  },
  {
    name: "reason_code",
    type: "integer",
    range: U32,
    doc: "Number of the reason, which differs between kernels. Absent if the kernel gives none.",
    kinds: { drop: "sometimes" },
    get: (event) => event.site.reasonCode,
  },
  {
    name: "reason_subsystem",
    type: "text",
    doc: "Subsystem that defines the reason.",
    kinds: { drop: "sometimes" },
    get: (event) => event.site.reasonSubsystem,
  },
  {
    name: "reason_inferred",
    type: "boolean",
    doc: "True if the kernel gives no reasons, and `reason` follows from the location.",
    kinds: { drop: "always" },
    get: (event) => event.site.reasonInferred,
  },
  {
    name: "location",
    type: "text",
    doc: "Where in the kernel: symbol and offset, then the module in brackets.",
    kinds: { drop: "always" },
    filter: {
      word: "location",
      form: "location FUNCTION",
      examples: ["location tcp_v4_rcv", "location 0xffffffff81000000"],
      meaning: "the location of the drop in the kernel: the function, or the exact address",
      argument: "a kernel function, or an address like 0xffffffff81000000",
    },
    // Nothing follows it, so that long symbols disturb nothing.
    column: {
      title: "LOCATION",
      width: 20,
      doc: "Where in the kernel; where stacks are shown it is one of their first frames",
      at: 290,
      onlyWithoutStack: true,
    },
    get: (event) => event.site.location,
  },
  {
    name: "variant",
    type: "text",
    doc:
      "What of the reason it is, decided by location, callers, state and segment: an id that stays the same, " +
      "as `tcpdrop explain` lists it. The reason's own id where no more is known.",
    kinds: { drop: "always", refused: "always" },
    get: (event) => event.site.variant,
  },
  {
    name: "meaning",
    type: "text",
    doc: "What happened, in plain sentences.",
    kinds: { drop: "always", refused: "always" },
    get: (event) => event.site.meaning,
  },
  {
    name: "advice",
    type: "text",
    doc: "What to check or do next. IFACE, SADDR, DADDR stand for values of the event.",
    kinds: { drop: "always", refused: "always" },
    get: (event) => event.site.advice,
  },
]);
