/** The filter of a trace on this machine: names looked up, and who decides what. */
import type { ReasonNames } from "../enrich/reason-names.ts";
import { FilterError, UsageError } from "../errors.ts";
import { type FilterPlan, planFilter } from "../filter/index.ts";
import {
  type Filter,
  type FilterNode,
  leafOf,
  type OwnerWord,
  printShort,
  resolveFilter,
} from "../filter-language/index.ts";
import { findCgroup } from "../host/cgroup-tree.ts";
import { parseNetnsArgument } from "../host/netns.ts";
import { hiddenReasonNames, INFERRED_REASONS } from "../reasons/index.ts";
import type { OwnerPolicy } from "../settings/request.ts";

/**
 * A FilterError where a name is not known here, and where no drop could be accepted. `givesReasons`: the
 * kernel's tracepoint has them.
 */
export function filterHere(filter: Filter, names: ReasonNames, givesReasons: boolean): FilterPlan {
  const lookups = {
    reasons: givesReasons ? () => names.all() : undefined,
    inferredReasons: INFERRED_REASONS.map(({ reason }) => reason),
    netns: (which: string) => parseNetnsArgument(which),
    cgroup: (path: string) => findCgroup(path),
  };
  return planFilter(resolveFilter(filter, lookups), { reasons: givesReasons });
}

/** Where no drops are sent, there is nothing that user space could ask. */
export function demandKernelAlone({ rest }: FilterPlan): void {
  if (rest === undefined) return;
  throw new UsageError(
    `With totals only, the filter cannot use what user space evaluates: ${printShort(rest)}`,
    {
      hint: "Filter totals by what the kernel knows: see --explain-filter.",
    },
  );
}

/** Of a process: the name, beside those of its unit, container and pod, and the number. */
const OF_PROCESS: ReadonlySet<OwnerWord> = new Set<OwnerWord>(["owner", "pid"]);

function askedOfOwner({ root }: FilterPlan, words?: ReadonlySet<OwnerWord>): FilterNode | undefined {
  return leafOf(root, (leaf) => leaf.kind === "owner" && (words === undefined || words.has(leaf.word)));
}

/** What a filter asks of owners that are not looked for would have no answer for any drop. */
export function demandOwners(plan: FilterPlan, owners: OwnerPolicy): void {
  const process = askedOfOwner(plan, OF_PROCESS);
  const unknown = owners === "none" ? askedOfOwner(plan) : owners === "cgroup" ? process : undefined;
  if (unknown === undefined) return;
  throw new FilterError({
    text: plan.text,
    ...unknown.at,
    problem: `With --owners ${owners}, nobody looks for this`,
    expected: process === undefined ? "--owners cgroup or process" : "--owners process",
    ...(owners === "cgroup"
      ? { advice: "The words unit, container and pod need no look at processes." }
      : {}),
  });
}

/** The same where processes are wanted and cannot be told, and why: some sentences. */
export function demandProcesses(plan: FilterPlan, why: readonly string[]): void {
  const unknown = askedOfOwner(plan, OF_PROCESS);
  if (unknown === undefined) return;
  throw new FilterError({
    text: plan.text,
    ...unknown.at,
    problem: "No process can be told here",
    advice: `${why.join("; ")}. The words unit, container and pod need no look at processes.`,
  });
}

const HIDDEN = new Set([...hiddenReasonNames("normal"), ...hiddenReasonNames("copy")]);

/**
 * True where harmless drops are asked for by their class, or by the name of their reason: then they are
 * shown.
 */
export function asksForHarmless(node: FilterNode): boolean {
  switch (node.kind) {
    case "and":
    case "or":
      return node.of.some(asksForHarmless);
    case "field":
      return node.word === "class" && (node.value === "normal" || node.value === "copy");
    case "reason":
      return HIDDEN.has(node.pattern);
    default:
      // What stands behind `not` is not asked for.
      return false;
  }
}
