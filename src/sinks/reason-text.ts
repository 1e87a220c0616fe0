/** A reason for people. */
import type { DropEvent } from "../event.ts";
import { plainText } from "./plain-text.ts";

/** The name, with a mark where the location told it; its number where it has no name, `-` where the kernel tells no reasons. */
export function reasonText({ reason, reasonCode, reasonInferred }: Pick<DropEvent, "reason" | "reasonCode" | "reasonInferred">): string {
  const name = plainText(reason ?? (reasonCode === undefined ? "-" : String(reasonCode)));
  return reasonInferred ? `${name} (inferred)` : name;
}
