/** What a descriptor is, and how it can be written without blocking. */
import { constants, fstatSync, openSync } from "node:fs";
import { isatty } from "node:tty";

export interface OutputTarget {
  readonly fd: number;
  readonly kind: "file" | "stream";
  /** Nobody reads it any more. */
  readonly closed: boolean;
}

/** Finds out what `fd` is, and opens pipes and terminals once more so that they cannot block. */
export function openTarget(fd: number): OutputTarget {
  const stat = fstatSync(fd);
  const isTerminal = isatty(fd);
  if (!(stat.isFIFO() || stat.isSocket() || isTerminal)) return { fd, kind: "file", closed: false };
  if (stat.isSocket()) return { fd, kind: "stream", closed: false };
  try {
    const own = openSync(
      `/proc/self/fd/${fd}`,
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
    return { fd: own, kind: "stream", closed: false };
  } catch (failure) {
    // ENXIO: a pipe that nobody reads.
    return {
      fd,
      kind: "stream",
      closed: stat.isFIFO() && (failure as NodeJS.ErrnoException).code === "ENXIO",
    };
  }
}
