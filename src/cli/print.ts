/**
 * Words and short answers, written at once. Making process.stdout and process.stderr would take milliseconds
 * of every start.
 */
import { writeSync } from "node:fs";
import { writeError } from "../out/output.ts";

export const STDOUT = 1;
const STDERR = 2;
const RETRY_MS = 5;

/**
 * An answer on stdout. A reader that has gone ends it quietly; whatever else goes wrong is a SyscallError.
 */
export function print(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(STDOUT, bytes, at);
    } catch (failure) {
      const code = codeOf(failure);
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw writeError(failure);
      // Somebody made the pipe non-blocking, and it is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/**
 * Words on stderr. Where they cannot be written there is nowhere to say so, and what goes to stdout matters
 * more.
 */
export function say(words: string): void {
  const bytes = Buffer.from(words);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(STDERR, bytes, at);
  } catch (failure) {
    if (codeOf(failure) === undefined) throw failure;
  }
}

function codeOf(failure: unknown): string | undefined {
  return (failure as NodeJS.ErrnoException).code;
}
