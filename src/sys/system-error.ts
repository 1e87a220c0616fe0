/** Describes an errno. Node 20 has the map, but not `util.getSystemErrorMessage`. */
import { getSystemErrorMap } from "node:util";

export function getSystemErrorMessage(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}
