/** The conditions of a variant in words, for explain and docs/reasons.md. */
import type { VariantRow } from "./variant.ts";

/** Parts without an end mark; empty where there are no conditions. `code` dresses names of the kernel. */
export function conditionWords(row: VariantRow, code: (name: string) => string = (name) => name): string[] {
  const either = (names: readonly string[], word = " or "): string => names.map(code).join(word);
  const parts: string[] = [];
  if (row.kernelWithout !== undefined) parts.push(`on kernels without ${code(row.kernelWithout)}`);
  if (row.callers !== undefined) parts.push(`called by ${either(row.callers)}`);
  if (row.states !== undefined)
    parts.push(`state ${row.states.join(", ")}${row.stateMayBeUnknown === true ? " or unknown" : ""}`);
  if (row.flags !== undefined) parts.push(`only ${row.flags.join(" and ")}`);
  if (row.withFlag !== undefined) parts.push(`with ${row.withFlag}`);
  if (row.withoutFlag !== undefined) parts.push(`without ${row.withoutFlag}`);
  if (row.payloadLen !== undefined)
    parts.push(`${row.payloadLen} byte${row.payloadLen === 1 ? "" : "s"} of payload`);
  if (row.skbLen !== undefined) parts.push(`${row.skbLen} bytes of skb`);
  if (row.copy === true) parts.push("the copy of a packet or raw socket");
  if (row.ownMac === true) parts.push("sent to the interface's own MAC address");
  return parts;
}
