/** Text of a file that the command line names, with errors that name it harmlessly. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { UsageError } from "../errors.ts";
import { writeError } from "../out/write-error.ts";
import { plainText } from "../sinks/plain-text.ts";

/** What the shell opened for us may be a pipe: its writer is there. */
const OPEN_ALREADY = /^\/dev\/(stdin|fd\/\d+)$|^\/proc\/self\/fd\/\d+$/;

/** A UsageError where it cannot be read, about `what`: "the settings". */
export function readNamedFile(path: string | number, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unreadable(path, what, cause);
  }
}

/** The same of a regular file alone, or of what is open already: to read a FIFO could take for ever. */
export function readRegularFile(path: string, what: string): string {
  if (OPEN_ALREADY.test(path)) return readNamedFile(path, what);
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw unreadable(path, what, cause);
  }
  try {
    const stat = fstatSync(fd);
    if (!(stat.isFile() || stat.isDirectory()))
      throw new UsageError(`Cannot read ${what} from ${plainText(path)}: it is not a regular file`, {
        hint: "Name a regular file, or /dev/stdin for a pipe.",
      });
    return readFileSync(fd, "utf8");
  } catch (cause) {
    throw cause instanceof UsageError ? cause : unreadable(path, what, cause);
  } finally {
    closeSync(fd);
  }
}

function unreadable(path: string | number, what: string, cause: unknown): UsageError {
  const name = typeof path === "number" ? "standard input" : plainText(path);
  return new UsageError(writeError(cause, `Cannot read ${what} from ${name}`).message, { cause });
}
