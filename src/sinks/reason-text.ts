/** A reason for people. */
import type { ReasonName } from "../model/index.ts";
import { plainText } from "./plain-text.ts";

/** Behind a name that the location implies. */
export const INFERRED = " (inferred)";

/** The name as it came; its number where it has no name, `-` where the kernel gives no reasons. */
export function reasonName({ reason, reasonCode }: Pick<ReasonName, "reason" | "reasonCode">): string {
  return reason ?? (reasonCode === undefined ? "-" : String(reasonCode));
}

/** The name made plain, with a mark where the location implies it. */
export function reasonText(named: Omit<ReasonName, "reasonSubsystem">): string {
  const name = plainText(reasonName(named));
  return named.reasonInferred ? name + INFERRED : name;
}
