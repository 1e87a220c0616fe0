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
 * Where one reason covers both, the function that dropped the segment may decide: locations.ts.
 */
import type { DropClass } from "../model/index.ts";
import { classBy, type KernelHas, rulesAt } from "./classify.ts";
import type { CounterRule } from "./counter-rule.ts";
import { DEVICE_COUNTERS } from "./counters-devices.ts";
import { IP_COUNTERS } from "./counters-ip.ts";
import { TCP_COUNTERS } from "./counters-tcp.ts";
import { DEVICE_REASONS } from "./devices.ts";
import { IP_REASONS } from "./ip.ts";
import { LISTEN_REASONS } from "./listen.ts";
import { NO_REASONS, RECEIVING_SOCKET, type Segment } from "./locations.ts";
import { MAC80211_REASONS } from "./mac80211.ts";
import { POLICY_AND_QUEUE_REASONS } from "./policy-and-queues.ts";
import type { ReasonRow } from "./reason-row.ts";
import { SOCKET_REASONS } from "./socket.ts";
import { SUBSYSTEM_REASONS } from "./subsystems.ts";
import { TCP_CONTROL_REASONS } from "./tcp-control.ts";
import { TCP_RECEIVE_REASONS } from "./tcp-receive.ts";

export { bareSymbol, classBy, classOfAll, type KernelHas, reasonsWithCallers, rulesAt } from "./classify.ts";
export type { CounterRule, EventMatch } from "./counter-rule.ts";
export { INFERRED_REASONS, inferReason } from "./inferred.ts";
export { LISTEN, refusedSite } from "./listen.ts";
export {
  LOCATION_RULES,
  type LocationRule,
  NO_REASONS,
  RECEIVING_SOCKET,
  type Segment,
} from "./locations.ts";
export type { ReasonRow } from "./reason-row.ts";

/**
 * Every drop reason that is known, of all kernels.
 *
 * @example
 * ```ts
 * import { REASONS } from "tcpdrop/reasons";
 *
 * console.log(REASONS.find(({ name }) => name === "TCP_CSUM")?.counter);
 * // prints: TcpInCsumErrors
 * ```
 */
export const REASONS: readonly ReasonRow[] = [
  ...TCP_RECEIVE_REASONS,
  ...TCP_CONTROL_REASONS,
  ...SOCKET_REASONS,
  ...IP_REASONS,
  ...POLICY_AND_QUEUE_REASONS,
  ...DEVICE_REASONS,
  ...SUBSYSTEM_REASONS,
  ...MAC80211_REASONS,
  ...LISTEN_REASONS,
];

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

const byName = new Map(REASONS.map((row) => [`${row.subsystem} ${row.name}`, row]));

/**
 * The row of a reason. Names unknown to this build and codes without a name are `loss`, and say so.
 *
 * @example
 * ```ts
 * import { reasonRow } from "tcpdrop/reasons";
 *
 * console.log(reasonRow("NO_SOCKET").class, reasonRow("NEW_IN_THE_NEXT_KERNEL").class);
 * // prints: refused loss
 * ```
 */
export function reasonRow(name: string | undefined, subsystem = "CORE"): ReasonRow {
  return (
    byName.get(`${subsystem} ${name}`) ?? {
      name: name ?? "UNKNOWN",
      subsystem,
      class: "loss",
      place: "unknown to this build",
      meaning: meaningOfUnknown(name, subsystem),
      advice: "Look at the location and the stack",
    }
  );
}

function meaningOfUnknown(name: string | undefined, subsystem: string): string {
  if (subsystem === NO_REASONS) return "This kernel gives no drop reasons.";
  return name === undefined
    ? "This kernel has no name for the reason code."
    : "This build does not know the reason.";
}

/** Everything that the newest kernels have: no rule for older kernels applies. */
const NEWEST: KernelHas = new Set([
  ...REASONS.filter(({ subsystem }) => subsystem === "CORE").map(({ name }) => name),
  RECEIVING_SOCKET,
]);

/**
 * The class of a drop. `location` is the function that dropped it ("tcp_v4_rcv", possibly with an offset or a
 * suffix of the compiler). Without it, or without a property of the segment that a rule needs, the reason
 * alone decides. `kernelHas` is for rules of older kernels.
 *
 * @example
 * ```ts
 * import { classify } from "tcpdrop/reasons";
 *
 * console.log(classify("NO_SOCKET"), classify("OTHERHOST"));
 * // prints: refused normal
 * ```
 */
export function classify(
  name: string | undefined,
  subsystem = "CORE",
  location = "",
  segment?: Segment,
  kernelHas = NEWEST,
): DropClass {
  return classBy(rulesAt(name, subsystem, location, kernelHas), segment) ?? reasonRow(name, subsystem).class;
}

/** Names of the core reasons with this class. */
export function hiddenReasonNames(dropClass: DropClass): readonly string[] {
  return REASONS.filter((row) => row.subsystem === "CORE" && row.class === dropClass).map((row) => row.name);
}
