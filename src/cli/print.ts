/**
 * Answers on stdout, written at once, and messages on stderr. Making process.stdout and process.stderr would
 * take milliseconds of every start.
 */
import { writeSync } from "node:fs";
import { writeError } from "../out/write-error.ts";

export const STDOUT = 1;
export const STDERR = 2;
const RETRY_MS = 5;

/** Who writes messages, in place of a write that may block. */
export interface MessageWriter {
  say(text: string): void;
  finish(deadlineMs: number): Promise<void>;
}

/** None until a trace begins: a command that has nothing attached may wait for its reader. */
let messageWriter: MessageWriter | undefined;

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
 * A message on stderr. Where it cannot be written there is nowhere to say so, and what goes to stdout matters
 * more.
 */
export function say(text: string): void {
  if (messageWriter !== undefined) return messageWriter.say(text);
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(STDERR, bytes, at);
  } catch (failure) {
    if (codeOf(failure) === undefined) throw failure;
  }
}

export function writeMessagesTo(writer: MessageWriter): void {
  messageWriter = writer;
}

/** Before the process ends: gives the reader of stderr so long to take the messages that wait. */
export async function finishMessages(deadlineMs: number): Promise<void> {
  await messageWriter?.finish(deadlineMs);
}

function codeOf(failure: unknown): string | undefined {
  return (failure as NodeJS.ErrnoException).code;
}
