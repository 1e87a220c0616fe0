/** Whose the drops of a run were that may have harmed somebody, all together. */
import { isHarmless, type OwnerCount, type SummaryNotice } from "../model/index.ts";
import type { Incident } from "./incident.ts";
import { addOwners } from "./owner-tally.ts";

/**
 * As they were looked at one by one, which says the process too; where these were not all, as the kernel counted
 * them by cgroup. What user space filtered is in the kernel's counts, and would be told as the owner's.
 */
export function ownersOf(
  incidents: readonly Incident[],
  { byOwner, filterRest }: Pick<SummaryNotice, "byOwner" | "filterRest">,
): readonly OwnerCount[] {
  const looked = addOwners(incidents.filter((one) => !isHarmless(one.class)).map(({ owners }) => owners));
  if (byOwner === undefined || filterRest !== undefined) return looked;
  const counted = byOwner.filter(({ class: dropClass }) => dropClass === undefined || !isHarmless(dropClass));
  return sumOf(looked) < sumOf(counted) ? addOwners([counted]) : looked;
}

function sumOf(counts: readonly { readonly count: number }[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}
