/** The variant of a drop by what is known of it, in one call: for other programs. */
import type { DropClass } from "../model/index.ts";
import { REASONS } from "./rows.ts";
import { type KernelHas, RECEIVING_SOCKET, type Segment, type Variant } from "./variant.ts";
import { variantOf, variantsAt } from "./variants.ts";

/** Everything that the newest kernels have: no row for older kernels applies. */
const NEWEST: KernelHas = new Set([
  ...REASONS.filter(({ subsystem }) => subsystem === "CORE").map(({ name }) => name),
  RECEIVING_SOCKET,
]);
const NOTHING_KNOWN: Segment = { state: undefined, flags: undefined, payloadLen: undefined };

/**
 * What a drop means. `location` is the function that dropped it ("tcp_v4_rcv", possibly with an offset or a
 * suffix of the compiler). Without it, or without a property of the segment that a row needs, the reason
 * alone decides. `kernelHas` is for rows of older kernels.
 *
 * @example
 * ```ts
 * import { explainDrop } from "tcpdrop/reasons";
 *
 * console.log(explainDrop("NO_SOCKET", "CORE", "cookie_v4_check").id);
 * // prints: no-socket/syn-cookie-accept-queue-full
 * ```
 */
export function explainDrop(
  name: string | undefined,
  subsystem = "CORE",
  location = "",
  segment = NOTHING_KNOWN,
  kernelHas = NEWEST,
): Variant {
  return variantOf(variantsAt(name, subsystem, location, kernelHas), segment);
}

/**
 * The class of a drop: that of explainDrop().
 *
 * @example
 * ```ts
 * import { classify } from "tcpdrop/reasons";
 *
 * console.log(classify("NO_SOCKET"), classify("OTHERHOST"));
 * // prints: refused normal
 * ```
 */
export function classify(...drop: Parameters<typeof explainDrop>): DropClass {
  return explainDrop(...drop).class;
}
