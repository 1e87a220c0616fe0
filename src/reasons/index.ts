/**
 * What each drop reason means: plain data. The numbers are not in here: they come from the running kernel.
 *
 * How classes are chosen. The default output hides `normal` and `copy`, so these need proof; in doubt, the
 * class is `loss`.
 *
 * - `loss`: whoever waits for the segment is not notified. That includes firewalls, BPF programs, IPsec,
 *   signatures and queues: to the connection that hangs, a drop by policy looks like any other. A sender that
 *   is notified by ICMP must still retransmit.
 * - `refused`: this end rejects the segment and the sender is notified (RST, challenge ACK, ICMP), or there
 *   is no connection left that could miss it.
 * - `duplicate`: its data had arrived, or newer data has; nothing is lost.
 * - `normal`: the kernel frees only what nobody waits for: closing, purging, frames for other hosts.
 * - `copy`: the kernel handles only copies there; the packet itself went on.
 *
 * Where one reason covers both, the function that dropped the segment, its callers or the segment itself
 * decide: variants.ts.
 */
import type { DropClass } from "../model/index.ts";
import type { CounterRule } from "./counter-rule.ts";
import { DEVICE_COUNTERS } from "./counters-devices.ts";
import { IP_COUNTERS } from "./counters-ip.ts";
import { TCP_COUNTERS } from "./counters-tcp.ts";
import { REASONS } from "./rows.ts";

export { classify, explainDrop } from "./classify.ts";
export { conditionWords } from "./condition-words.ts";
export type { CounterRule, EventMatch } from "./counter-rule.ts";
export { INFERRED_REASONS, inferReason } from "./inferred.ts";
export { LISTEN, refusedSite } from "./listen.ts";
export { bareSymbol, isNotUnicast } from "./match.ts";
export type { ReasonRow } from "./reason-row.ts";
export { REASONS, reasonRow, variantOfReason } from "./rows.ts";
export {
  type CopyOf,
  type KernelHas,
  NO_REASONS,
  RECEIVING_SOCKET,
  type Segment,
  type SegmentConditions,
  type SiteConditions,
  type Variant,
  type VariantRow,
} from "./variant.ts";
export { classOfAll, reasonsWithCallers, VARIANTS, variantOf, variantsAt } from "./variants.ts";

/**
 * Which drops raise which of the kernel's counters.
 *
 * @example
 * ```ts
 * import { COUNTER_RULES } from "tcpdrop/reasons";
 *
 * const rule = COUNTER_RULES.find(({ counters }) => counters.includes("TcpExtListenDrops"));
 * console.log(rule?.unit);
 * // prints: skbs
 * ```
 */
export const COUNTER_RULES: readonly CounterRule[] = [...TCP_COUNTERS, ...IP_COUNTERS, ...DEVICE_COUNTERS];

/** Names of the core reasons with this class. */
export function hiddenReasonNames(dropClass: DropClass): readonly string[] {
  return REASONS.filter((row) => row.subsystem === "CORE" && row.class === dropClass).map((row) => row.name);
}
