/**
 * A file to write events into, opened as root may open one: made with mode 0600 where it is not there, and
 * never through a link that somebody else put there. What was in it stays until `empty`, and one that was made
 * goes again where that never came.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  type Stats,
  unlinkSync,
} from "node:fs";
import { UsageError } from "../errors.ts";
import { plainText } from "../sinks/plain-text.ts";
import { writeError } from "./write-error.ts";

const NOT_REGULAR = "it is not a regular file";
const MODE = 0o600;
/** O_NONBLOCK: a FIFO without a reader must not hang us; for a regular file it says nothing. */
const FLAGS = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface OutputFile extends Disposable {
  readonly fd: number;
  /** Two paths that lead to one file have the same. */
  readonly identity: string;
  /** From now on it is written to. What was there goes; not by opening it, for the run may not even start. */
  empty(): void;
}

/**
 * `name` is for messages. A UsageError where the path is not a file of ours; a SyscallError where it cannot
 * be opened.
 */
export function openOutputFile(path: string, name = path): OutputFile {
  const { fd, isNew } = open(path, name);
  let isUsed = false;
  let identity: string;
  try {
    const stat = fstatSync(fd);
    const problem = problemWith(stat);
    identity = identityOf(stat);
    if (problem !== undefined) throw refusal(name, problem);
  } catch (failure) {
    closeSync(fd);
    throw failure;
  }
  let isOpen = true;
  const close = (): void => {
    if (isNew && !isUsed) removeIfSame(path, identity);
    closeSync(fd);
  };
  return {
    fd,
    identity,
    empty() {
      isUsed = true;
      ftruncateSync(fd);
    },
    [Symbol.dispose]() {
      if (isOpen) close();
      isOpen = false;
    },
  };
}

/** The `identity` of what is open here; undefined where it is not a regular file. */
export function identityOfOpen(fd: number): string | undefined {
  const stat = fstatSync(fd);
  return stat.isFile() ? identityOf(stat) : undefined;
}

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function refusal(name: string, problem: string): UsageError {
  return new UsageError(`Cannot write to ${quoted(name)}: ${problem}`, {
    hint: "Name a file that is not there yet, or one of your own.",
  });
}

/** Made where it is not there. */
function open(path: string, name: string): { readonly fd: number; readonly isNew: boolean } {
  try {
    const fd = openOrAbsent(path);
    if (fd !== undefined) return { fd, isNew: false };
    return { fd: openSync(path, FLAGS | constants.O_CREAT | constants.O_EXCL, MODE), isNew: true };
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === "ELOOP")
      throw new UsageError(`Cannot write to ${quoted(name)}: it is a symbolic link`, {
        hint: "Name the file that it leads to.",
      });
    // A FIFO that nobody reads, or a socket.
    if (code === "ENXIO") throw refusal(name, NOT_REGULAR);
    throw writeError(failure, `Cannot write to ${quoted(name)}`);
  }
}

function openOrAbsent(path: string): number | undefined {
  try {
    return openSync(path, FLAGS);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw failure;
  }
}

/** Nobody misses the empty file that was made for a run that did not start. */
function removeIfSame(path: string, identity: string): void {
  try {
    if (identityOf(lstatSync(path)) === identity) unlinkSync(path);
  } catch (failure) {
    // It was moved or removed, or the folder allows no more: an empty file is left.
    if ((failure as NodeJS.ErrnoException).code === undefined) throw failure;
  }
}

/** A name as messages have it. */
export function quoted(name: string): string {
  return `"${plainText(name)}"`;
}

function problemWith(stat: Stats): string | undefined {
  if (!stat.isFile()) return NOT_REGULAR;
  if (stat.uid !== process.geteuid?.()) return "it belongs to another user";
  if (stat.nlink > 1) return "it has other names too (hard links)";
  return undefined;
}
