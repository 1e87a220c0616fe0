/** The rows of all reasons, and the one of a name. */
import { DEVICE_REASONS } from "./devices.ts";
import { IP_REASONS } from "./ip.ts";
import { LISTEN_REASONS } from "./listen.ts";
import { MAC80211_REASONS } from "./mac80211.ts";
import { POLICY_AND_QUEUE_REASONS } from "./policy-and-queues.ts";
import type { ReasonRow } from "./reason-row.ts";
import { SOCKET_REASONS } from "./socket.ts";
import { SUBSYSTEM_REASONS } from "./subsystems.ts";
import { TCP_CONTROL_REASONS } from "./tcp-control.ts";
import { TCP_RECEIVE_REASONS } from "./tcp-receive.ts";
import { NO_REASONS, type Variant } from "./variant.ts";

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
      kernelSource: "unknown to this build",
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

const variants = new WeakMap<ReasonRow, Variant>();

/** What a reason means where no variant says more: always the same object for a row. */
export function variantOfReason(row: ReasonRow): Variant {
  const known = variants.get(row);
  if (known !== undefined) return known;
  const { class: dropClass, meaning, advice, kernelSource, counter } = row;
  const made = Object.freeze({ id: idOf(row), class: dropClass, meaning, advice, kernelSource, counter });
  variants.set(row, made);
  return made;
}

/** "tcp-csum"; "openvswitch:last-action" in a subsystem. */
function idOf({ name, subsystem }: ReasonRow): string {
  return (subsystem === "CORE" ? name : `${subsystem}:${name}`).toLowerCase().replaceAll("_", "-");
}
