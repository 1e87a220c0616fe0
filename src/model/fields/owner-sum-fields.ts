/** Fields of totals by owner: elements of `owners` in totals, and of `by_owner` in the summary. */
import { COUNTED_OWNERS, type OwnerSum } from "../totals.ts";
import { DROP_CLASSES } from "../words.ts";
import { COUNT, type Field, type ObjectType } from "./field.ts";
import { OWNER_FIELDS } from "./owner.ts";

/** The fields of an event's owner read nothing else of it, and nothing else is here. */
const OF_OWNER = OWNER_FIELDS.map(
  (field) => ({ ...field, optional: true }) as unknown as Field<OwnerSum>,
).filter(({ name }) =>
  /^owner_(by|certainty|cgroup|unit|runtime|container|container_id|image|container_outer|pod|namespace|pod_uid)$/.test(
    name,
  ),
);

export const OWNER_SUM_FIELDS: readonly Field<OwnerSum>[] = [
  {
    name: "of",
    type: "text",
    oneOf: COUNTED_OWNERS,
    doc:
      "cgroup: of the sockets of a cgroup, which the fields of the owner name; unknown: without a socket that " +
      "says its cgroup; other: of those that came when the kernel's map was full.",
    get: (e) => e.of,
  },
  {
    name: "class",
    type: "text",
    oneOf: DROP_CLASSES,
    doc: "Class of these drops, by their sites; absent where a site has several, by state or segment, and of `other`.",
    optional: true,
    get: (e) => e.class,
  },
  {
    name: "count",
    type: "integer",
    range: COUNT,
    doc: "How many drops, exactly, since the start.",
    get: (e) => e.count,
  },
  {
    name: "per_second",
    type: "number",
    doc: "Drops a second, as those of sites.",
    get: (e) => e.perSecond,
  },
  {
    name: "cgroup_id",
    type: "decimal",
    doc: "The inode number of the cgroup's folder; absent where several cgroups are one owner's.",
    optional: true,
    get: (e) => e.cgroupId,
  },
  ...OF_OWNER,
];

export const OWNER_SUM: ObjectType = {
  name: "owner_sum",
  doc: "What was dropped of one owner, and of one class.",
  fields: OWNER_SUM_FIELDS,
};
