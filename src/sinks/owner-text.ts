/** Whose it is, in a cell of the table. */
import { containerName, podName } from "../findings/index.ts";
import type { Owner, OwnerMissing, OwnerProcess } from "../model/index.ts";
import { plainText } from "./plain-text.ts";

/** Longer ones are cut: names can have any length. JSON has them whole. */
const MOST_CHARACTERS = 40;
/** Nobody was looked for, or for long enough, or could be found: it may be somebody's all the same. */
const NOT_KNOWN: ReadonlySet<OwnerMissing | undefined> = new Set<OwnerMissing | undefined>([
  undefined,
  "not_found",
  "late",
  "budget",
  "rights",
  "pid_namespace",
  "ambiguous",
]);

const PREFIX = { certain: "", likely: "~", possible: "?" } as const;

/** "nginx[1234]", "shop/web-7d9f:nc", "~cron.service"; "-" where nobody holds it, "?" where that is not known. */
export function ownerText(owner: Owner | undefined): string {
  if (owner === undefined) return "?";
  const name = nameOf(owner);
  if (name === undefined) return NOT_KNOWN.has(owner.missing) ? "?" : "-";
  const text = plainText(`${PREFIX[owner.certainty ?? "certain"]}${name}`);
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 2)}..`;
}

/** What stands out most: the pod, the container, the process, the unit. A user alone is no owner. */
function nameOf({ process, workload, missing, cgroup }: Owner): string | undefined {
  const place = workload === undefined ? undefined : (podName(workload) ?? containerName(workload));
  if (place !== undefined) return process === undefined ? place : `${place}:${process.comm}`;
  if (process !== undefined) return processText(process);
  if (missing === "kernel") return missing;
  return workload?.unit ?? cgroup;
}

function processText({ comm, pid }: OwnerProcess): string {
  return `${comm}[${pid}]`;
}
