/** The kernel's totals by cgroup and site, as totals by cgroup and class. */
import type { KernelOwnerTotal } from "../capture/kinds/drop/owner-totals.ts";
import type { EventMaker } from "../enrich/event-maker.ts";
import type { OwnerTotal } from "../model/index.ts";

/** Of drops without a socket that says one. */
const NO_CGROUP = 0n;

/** In no order. Their sum is the kernel's. */
export function ownerTotals(
  totals: readonly KernelOwnerTotal[],
  drops: Pick<EventMaker, "site" | "variesAt">,
): readonly OwnerTotal[] {
  const sums = new Map<string, OwnerTotal>();
  for (const { cgroupId, site, count } of totals) {
    // Which of several was not counted by owner: healthy connections would stand as losses.
    const dropClass = site === undefined || drops.variesAt(site) ? undefined : drops.site(site).class;
    const key = `${cgroupId} ${dropClass}`;
    const before = sums.get(key)?.count ?? 0;
    sums.set(key, {
      of: cgroupId === undefined ? "other" : cgroupId === NO_CGROUP ? "unknown" : "cgroup",
      cgroupId: cgroupId === NO_CGROUP ? undefined : cgroupId,
      class: dropClass,
      count: before + count,
    });
  }
  return [...sums.values()];
}
