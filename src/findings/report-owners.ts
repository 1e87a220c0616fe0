/** Whose the drops of a run were that may have harmed somebody, all together. */
import { isHarmless, type OwnerCount, type SummaryNotice, type Totals } from "../model/index.ts";
import type { Incident } from "./incident.ts";
import { addOwners } from "./owner-tally.ts";

interface Counted extends Pick<SummaryNotice, "byOwner" | "filterRest"> {
  readonly totals: Pick<Totals, "limited" | "unread" | "lost">;
}

/**
 * As they were looked at one by one, which says the process too; where these were not all, as the kernel counted
 * them by cgroup. What user space filtered is in the kernel's counts, and would be told as the owner's.
 */
export function ownersOf(
  incidents: readonly Incident[],
  { byOwner, filterRest, totals }: Counted,
): readonly OwnerCount[] {
  const looked = addOwners(incidents.filter((one) => !isHarmless(one.class)).map(({ owners }) => owners));
  // Sites tell the kernel no harmless variants: its counts have what was hidden too.
  const isWhole = totals.limited + totals.unread + totals.lost === 0;
  if (byOwner === undefined || filterRest !== undefined || isWhole) return looked;
  return addOwners([
    byOwner.filter(({ class: dropClass }) => dropClass === undefined || !isHarmless(dropClass)),
  ]);
}
