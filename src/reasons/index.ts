/**
 * What each drop reason means: plain data, left of the probe. The numbers are not in here: they come from the
 * running kernel.
 *
 * The rule for a class. The default output hides `normal` and `copy`, so these need proof, and in doubt it is
 * `loss`.
 *
 * - `loss`: whoever waits for the segment is not told. That includes firewalls, BPF programs, IPsec,
 *   signatures and queues: a drop by policy looks like any other to the connection that hangs. A sender that
 *   learns it by ICMP must still send again.
 * - `refused`: this end does not want the segment and the sender finds out (RST, challenge ACK, ICMP), or
 *   there is no connection any more that could miss it.
 * - `duplicate`: what it carries had arrived, or newer has; nothing is lost.
 * - `normal`: the kernel place frees only what nobody waits for: closing, purging, frames for other hosts.
 * - `copy`: the kernel place handles copies only; the packet itself went on.
 *
 * Where one reason covers both kinds, the function that dropped the segment may tell them apart:
 * locations.ts.
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
export { INFERRED_REASONS, type InferredReason, inferReason } from "./inferred.ts";
export { LISTEN, refusedSite } from "./listen.ts";
export {
  LOCATION_RULES,
  type LocationRule,
  NO_REASONS,
  RECEIVING_SOCKET,
  type Segment,
} from "./locations.ts";
export type { ReasonRow } from "./reason-row.ts";

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

/** Which drops raise which of the kernel's counters. */
export const COUNTER_RULES: readonly CounterRule[] = [...TCP_COUNTERS, ...IP_COUNTERS, ...DEVICE_COUNTERS];

const byName = new Map(REASONS.map((row) => [`${row.subsystem} ${row.name}`, row]));

/**
 * The row of a reason. Names that this build does not know, and codes without a name, are `loss` and say so.
 */
export function reasonRow(name: string | undefined, subsystem = "CORE"): ReasonRow {
  return (
    byName.get(`${subsystem} ${name}`) ?? {
      name: name ?? "UNKNOWN",
      subsystem,
      class: "loss",
      place: "not known to this build",
      meaning: meaningOfUnknown(name, subsystem),
      advice: "Look at the location and the stack",
    }
  );
}

function meaningOfUnknown(name: string | undefined, subsystem: string): string {
  if (subsystem === NO_REASONS) return "This kernel tells no reasons.";
  return name === undefined
    ? "This kernel has no name for the code."
    : "This build does not know the reason.";
}

/** All that the newest kernels have: no rule for older ones applies. */
const NEWEST: KernelHas = new Set([
  ...REASONS.filter(({ subsystem }) => subsystem === "CORE").map(({ name }) => name),
  RECEIVING_SOCKET,
]);

/**
 * The class of a drop. `location` is the function that dropped it ("tcp_v4_rcv", also with an offset or a
 * compiler's suffix); without it, or without what a rule asks of the segment, the reason alone decides.
 * `kernelHas` is for rules of older kernels.
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

/** Names of the core reasons of a class, wherever they are given. */
export function hiddenReasonNames(dropClass: DropClass): readonly string[] {
  return REASONS.filter((row) => row.subsystem === "CORE" && row.class === dropClass).map((row) => row.name);
}
