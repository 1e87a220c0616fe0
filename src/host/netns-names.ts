/** Names that `ip netns add` gave: files in /run/netns. */
import { belowRoot, namesIn } from "./below-root.ts";

/** Where iproute2 keeps them; /var/run is /run nearly everywhere, and an old habit elsewhere. */
export const NETNS_FOLDERS = ["run/netns", "var/run/netns"] as const;

/** More names than this are not looked at. */
const MAX_NAMES = 10_000;

/** Names that exist, in order; none where there is no folder. Never throws. */
export function listNetnsNames(root: string): readonly string[] {
  const names = new Set<string>();
  for (const folder of NETNS_FOLDERS)
    for (const name of namesIn(belowRoot(root, folder)).slice(0, MAX_NAMES)) names.add(name);
  return [...names].sort();
}
