/** Words and short answers, written at once. Making process.stdout and process.stderr would take milliseconds of every start. */
import { writeSync } from "node:fs";

export const STDOUT = 1;
const STDERR = 2;

/** An answer on stdout; a reader that has gone ends it quietly. */
export function print(text: string): void {
  write(STDOUT, text);
}

/** Words on stderr; nobody who closed it is told. */
export function say(words: string): void {
  write(STDERR, words);
}

function write(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch (failure) {
    // Gone (EPIPE), closed (EBADF), or set to non-blocking by somebody and full (EAGAIN): there is nowhere to say it.
    if (!["EPIPE", "EBADF", "EAGAIN"].includes((failure as NodeJS.ErrnoException).code ?? "")) throw failure;
  }
}
