/** Which drop reasons the running kernel names. */
import { findEnum, openKernelBtf } from "../../../src/btf/index.ts";

/** Without their prefix. */
export const kernelReasons: ReadonlySet<string> = new Set(
  [...(findEnum(openKernelBtf(), "skb_drop_reason")?.keys() ?? [])].map((name) => name.replace("SKB_DROP_REASON_", "")),
);

export function isNamed(reason: string): boolean {
  return kernelReasons.has(reason);
}
