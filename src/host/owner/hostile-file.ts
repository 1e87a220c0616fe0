/**
 * Files that others write: a FIFO, a device, a link or something huge may lie where a small file is expected.
 *
 * A path is pinned by O_PATH, which opens nothing, and looked at; only a regular file is then opened, through
 * that descriptor.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { O_PATH } from "../../sys/macros.ts";

/** The first bytes of a file, as text; undefined where it is none, or cannot be read. Never throws. */
export function readStart(path: string, maxBytes: number): string | undefined {
  return read(path, maxBytes, () => true)?.toString("utf8", 0, maxBytes);
}

/** The same of a file in /proc, where only the kernel makes files: it is not looked at before. */
export function readProcStart(path: string, maxBytes: number): string | undefined {
  // O_NONBLOCK is for a FIFO in a folder that stands for /proc.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return withOpen(path, flags, (fd) => readUpTo(fd, maxBytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

/**
 * A file that only `ownerUid` can have written, as text. Undefined where it is longer than `maxBytes`, or
 * anything but that. Never throws.
 */
export function readTrusted(path: string, maxBytes: number, ownerUid: number): string | undefined {
  // Others must not write: S_IWGRP, S_IWOTH.
  const bytes = read(path, maxBytes, (file) => file.uid === ownerUid && (file.mode & 0o022) === 0);
  return bytes === undefined || bytes.length > maxBytes ? undefined : bytes.toString("utf8");
}

/** Up to `maxBytes` + 1 bytes. */
function read(path: string, maxBytes: number, isWanted: (file: Stats) => boolean): Buffer | undefined {
  // It would cut the path short.
  if (path.includes("\0")) return undefined;
  try {
    return withOpen(path, O_PATH | constants.O_NOFOLLOW, (pinned) => {
      const file = fstatSync(pinned);
      if (!file.isFile() || !isWanted(file)) return undefined;
      return withOpen(`/proc/self/fd/${pinned}`, constants.O_RDONLY | constants.O_NONBLOCK, (fd) =>
        readUpTo(fd, maxBytes + 1),
      );
    });
  } catch {
    return undefined;
  }
}

function withOpen<T>(path: string, flags: number, use: (fd: number) => T): T {
  const fd = openSync(path, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** A file of /proc says no size, and gives a page at a time. */
function readUpTo(fd: number, maxBytes: number): Buffer {
  let block = Buffer.allocUnsafe(Math.min(4096, maxBytes));
  let length = 0;
  for (;;) {
    const got = readSync(fd, block, length, block.length - length, null);
    length += got;
    if (got === 0 || length === maxBytes) return block.subarray(0, length);
    if (length < block.length) continue;
    const larger = Buffer.allocUnsafe(Math.min(2 * block.length, maxBytes));
    block.copy(larger, 0, 0, length);
    block = larger;
  }
}
