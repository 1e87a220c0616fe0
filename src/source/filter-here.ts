/** The filter of a trace on this machine: names looked up, and who decides what. */
import type { ReasonNames } from "../enrich/reason-names.ts";
import { FilterError, UsageError } from "../errors.ts";
import { type FilterPlan, planFilter } from "../filter/index.ts";
import { type Filter, type FilterNode, leafOf, printShort, resolveFilter } from "../filter-language/index.ts";
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

/** What a filter asks of owners that are not looked for would have no answer for any drop. */
export function demandOwners({ root, text }: FilterPlan, owners: OwnerPolicy): void {
  const asked = (word?: string): FilterNode | undefined =>
    leafOf(root, (leaf) => leaf.kind === "owner" && (word === undefined || leaf.word === word));
  const process = asked("pid");
  const unknown = owners === "none" ? asked() : owners === "cgroup" ? process : undefined;
  if (unknown === undefined) return;
  throw new FilterError({
    text,
    ...unknown.at,
    problem: `With --owners ${owners}, nobody looks for this`,
    expected: process === undefined ? "--owners cgroup or process" : "--owners process",
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
