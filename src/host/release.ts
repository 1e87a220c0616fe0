/**
 * Which kernel runs. For people to read: what it can do is asked of its BTF and by probing, never of its
 * number.
 */
import { readSmall } from "./below-root.ts";

/** Like "6.12.57+deb13-amd64"; undefined where /proc does not tell. */
export function kernelRelease(root = "/"): string | undefined {
  return readSmall(root, "proc/sys/kernel/osrelease");
}
