/** Which drop reasons the running kernel names. */
import { findEnum, openKernelBtf } from "../../../src/btf/index.ts";

const named = new Set([...(findEnum(openKernelBtf(), "skb_drop_reason")?.keys() ?? [])].map((name) => name.replace("SKB_DROP_REASON_", "")));

export function isNamed(reason: string): boolean {
  return named.has(reason);
}
