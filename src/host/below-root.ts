/** Files of the machine, found below a root folder: "/" for the real one, a fixture's folder in tests. */
import { closeSync, constants, openSync, readdirSync, readSync } from "node:fs";
import { DecodeError } from "../errors.ts";
import { finish, type Steps } from "./steps.ts";

/** What a small file of /proc or /sys may hold; more of it is not read. */
const SMALL_FILE_BYTES = 64 * 1024;

/** `path` ("proc/kallsyms") below `root`. */
export function belowRoot(root: string, path: string): string {
  return `${root.endsWith("/") ? root.slice(0, -1) : root}/${path}`;
}

const EXHAUSTED = ["EMFILE", "ENFILE", "ENOMEM"] as const;

/** The machine, or this process, has run out of something: what is there was not seen. */
export function isExhausted(errnoName: string | undefined): errnoName is (typeof EXHAUSTED)[number] {
  return EXHAUSTED.some((name) => name === errnoName);
}

/**
 * Names in a folder; none where it is gone, or not for us to see. Throws where there is no descriptor to look
 * with.
 */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (failure) {
    if (isExhausted((failure as NodeJS.ErrnoException).code)) throw failure;
    return [];
  }
}

/**
 * All bytes of a file, read into one block. `readFileSync` takes 64 KiB for every 4 KiB that a file of /proc
 * gives at a time, which is 86 MB of garbage for /proc/kallsyms.
 *
 * @param guessBytes size of the block; it doubles where that is too small
 * @throws DecodeError where the file is longer than `maxBytes`, and what open(2) and read(2) throw
 */
export function readWhole(path: string, guessBytes: number, maxBytes: number): Buffer {
  return finish(readSteps(path, guessBytes, maxBytes));
}

/** The same, a step for each read(2). Until it is finished or returned the file is open. */
function* readSteps(path: string, guessBytes: number, maxBytes: number): Steps<Buffer> {
  const fd = openToRead(path);
  try {
    return yield* readHeldSteps(fd, path, guessBytes, maxBytes);
  } finally {
    closeSync(fd);
  }
}

/** A descriptor to read the file. O_NONBLOCK: a FIFO there must not make us wait for a writer. */
export function openToRead(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** All bytes of the file that `fd` is open on, from its beginning: it can be read again. `path` is for errors. */
export function* readHeldSteps(
  fd: number,
  path: string,
  guessBytes: number,
  maxBytes: number,
): Steps<Buffer> {
  let block = Buffer.allocUnsafeSlow(Math.min(guessBytes, maxBytes + 1));
  let length = 0;
  for (;;) {
    const got = readSync(fd, block, length, block.length - length, length);
    if (got === 0) return block.subarray(0, length);
    length += got;
    if (length > maxBytes) throw new DecodeError(path, maxBytes, `it is longer than ${maxBytes} bytes`);
    if (length === block.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(2 * length, maxBytes + 1));
      block.copy(larger, 0, 0, length);
      block = larger;
    }
    yield;
  }
}

/**
 * Text of a small file without the white space around it; undefined where it cannot be read, for whatever
 * reason.
 */
export function readSmall(root: string, path: string): string | undefined {
  try {
    return readWhole(belowRoot(root, path), 4096, SMALL_FILE_BYTES).toString("utf8").trim();
  } catch {
    return undefined;
  }
}

/** A small file that holds one decimal number, like those below /proc/sys; undefined where it does not. */
export function readNumber(root: string, path: string): number | undefined {
  const text = readSmall(root, path);
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}
