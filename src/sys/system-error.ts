/** Plain words for an errno. `util.getSystemErrorMessage` is newer than Node 20, the map is not. */
import { getSystemErrorMap } from "node:util";

export function getSystemErrorMessage(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}
