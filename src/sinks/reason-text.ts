/** A reason for people. */
import type { DropEvent } from "../event.ts";
import { plainText } from "./plain-text.ts";

/** Behind a name that the location told. */
export const INFERRED = " (inferred)";

/** The name as it came; its number where it has no name, `-` where the kernel tells no reasons. */
export function reasonName({ reason, reasonCode }: Pick<DropEvent, "reason" | "reasonCode">): string {
  return reason ?? (reasonCode === undefined ? "-" : String(reasonCode));
}

/** The name made plain, with a mark where the location told it. */
export function reasonText(event: Pick<DropEvent, "reason" | "reasonCode" | "reasonInferred">): string {
  const name = plainText(reasonName(event));
  return event.reasonInferred ? name + INFERRED : name;
}
