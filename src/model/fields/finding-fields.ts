/** Fields of a finding, and of what the summary says of them. */
import {
  type Advice,
  CERTAINTIES,
  type FindingNotice,
  type NotEvaluated,
  type OwnerCount,
  SEVERITIES,
} from "../findings.ts";
import { COUNT, type Field, type ObjectType, U32 } from "./field.ts";
import { count, typeField } from "./notice-fields.ts";
import { OWNER_FIELDS } from "./owner.ts";

/** One element of `advice`. */
export const ADVICE_FIELDS: readonly Field<Advice>[] = [
  { name: "action", type: "text", doc: "What to do.", get: (e) => e.action },
  { name: "why", type: "text", doc: "Why it helps.", optional: true, get: (e) => e.why },
  { name: "risk", type: "text", doc: "What it may break.", optional: true, get: (e) => e.risk },
];

const ADVICE: ObjectType = { name: "advice", doc: "Something to do.", fields: ADVICE_FIELDS };

/** One element of `not_evaluated`. */
export const NOT_EVALUATED_FIELDS: readonly Field<NotEvaluated>[] = [
  { name: "rule", type: "text", doc: "The rule.", get: (e) => e.rule },
  { name: "why", type: "text", doc: "What it needs and was not there.", get: (e) => e.why },
];

export const NOT_EVALUATED: ObjectType = {
  name: "not_evaluated",
  doc: "A rule that could not be evaluated.",
  fields: NOT_EVALUATED_FIELDS,
};

/** One element of `owners`. The fields of an event's owner read nothing else of it, and nothing else is here. */
export const OWNER_COUNT_FIELDS: readonly Field<OwnerCount>[] = [
  count("count", "Drops.", (e) => e.count),
  ...OWNER_FIELDS.map((field) => ({ ...field, optional: true }) as unknown as Field<OwnerCount>),
];

const OWNER: ObjectType = {
  name: "owner",
  doc: "How many drops were of one owner; of none that is known, where nothing but the count is there.",
  fields: OWNER_COUNT_FIELDS,
};

/** One thing that is wrong, or worth knowing; before the summary. */
export const FINDING_FIELDS: readonly Field<FindingNotice>[] = [
  typeField("finding"),
  { name: "time", type: "time", doc: "When it was concluded.", get: (e) => e.timeNs },
  { name: "rule", type: "text", doc: "The rule: a stable name, see docs/findings.md.", get: (e) => e.rule },
  { name: "title", type: "text", doc: "What is wrong, in a few words.", get: (e) => e.title },
  {
    name: "certainty",
    type: "text",
    oneOf: CERTAINTIES,
    doc: "How sure it is.",
    get: (e) => e.certainty,
  },
  {
    name: "severity",
    type: "text",
    oneOf: SEVERITIES,
    doc: "critical: connections fail; warning: they get slow, or will fail; info: nobody is harmed.",
    get: (e) => e.severity,
  },
  { name: "text", type: "text", doc: "What happens, in one sentence.", get: (e) => e.text },
  count("count", "Drops of it; refused SYNs count too.", (e) => e.count),
  {
    name: "count_at_least",
    type: "boolean",
    doc: "True if there were more drops than could be attributed.",
    get: (e) => e.countAtLeast,
  },
  {
    name: "count_at_most",
    type: "boolean",
    doc: "True if `count` is an upper bound, for refused SYNs among it are; with `count_at_least` it may be off either way.",
    get: (e) => e.countAtMost,
  },
  count("connections", "Distinct connections among these drops.", (e) => e.connections),
  count("peers", "Distinct addresses of clients.", (e) => e.peers),
  {
    name: "distinct_at_least",
    type: "boolean",
    doc: "True if `connections` and `peers` are lower bounds.",
    get: (e) => e.distinctAtLeast,
  },
  {
    name: "first",
    type: "time",
    doc: "The first drop; absent where only totals were read.",
    optional: true,
    get: (e) => e.firstNs,
  },
  { name: "last", type: "time", doc: "The last drop.", optional: true, get: (e) => e.lastNs },
  {
    name: "per_second",
    type: "number",
    doc: "Drops a second in the last seconds of the run; absent where not every drop was looked at by itself (`--sample`, a storm, SYNs that were only counted).",
    optional: true,
    get: (e) => e.perSecond,
  },
  {
    name: "peak_per_second",
    type: "integer",
    range: COUNT,
    doc: "The most drops within one second of the clock; absent likewise, and where it is not known of several sites together.",
    optional: true,
    get: (e) => e.peakPerSecond,
  },
  { name: "ongoing", type: "boolean", doc: "True if it had not stopped at the end.", get: (e) => e.ongoing },
  {
    name: "service",
    type: "text",
    doc: "Address and port of the service; several with commas.",
    optional: true,
    get: (e) => e.service,
  },
  {
    name: "netns",
    type: "integer",
    range: U32,
    doc: "Inode number of the network namespace.",
    optional: true,
    get: (e) => e.netns,
  },
  {
    name: "netns_name",
    type: "text",
    doc: "What `ip netns` calls it.",
    optional: true,
    get: (e) => e.netnsName,
  },
  {
    name: "whose",
    type: "text",
    doc: "Whose the drops were, in words; absent where owners were not looked for.",
    optional: true,
    get: (e) => e.whose,
  },
  {
    name: "owners",
    type: "objects",
    of: OWNER,
    doc: "The same with numbers, most first, at most 17.",
    optional: true,
    get: (e) => (e.owners?.length === 0 ? undefined : e.owners),
  },
  { name: "example", type: "text", doc: "One drop, in one line.", optional: true, get: (e) => e.example },
  {
    name: "example_id",
    type: "integer",
    range: COUNT,
    doc: "Its `id`.",
    optional: true,
    get: (e) => e.exampleId,
  },
  { name: "evidence", type: "texts", doc: "What shows it, with numbers.", get: (e) => e.evidence },
  { name: "refute", type: "text", doc: "What would show that it is something else.", get: (e) => e.refute },
  { name: "advice", type: "objects", of: ADVICE, doc: "What to do.", get: (e) => e.advice },
  { name: "next", type: "texts", doc: "Commands to paste.", get: (e) => e.next },
  { name: "sources", type: "texts", doc: "Where the knowledge comes from.", get: (e) => e.sources },
];
