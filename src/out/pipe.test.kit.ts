/** A pipe and the reader's end of it, for tests of what is written to one. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { libcSyscalls } from "../sys/libc.ts";
import { POLLERR, POLLHUP, POLLOUT } from "../sys/macros.ts";
import type { PollWritable } from "./output.ts";

/** Gone after the tests of the file. */
export const folder = mkdtempSync(join(tmpdir(), "tcpdrop-output-"));
after(() => rmSync(folder, { recursive: true }));

export const pollWritable: PollWritable = (fd) =>
  (libcSyscalls.poll(fd, POLLOUT, 0) & (POLLOUT | POLLERR | POLLHUP)) !== 0;

/** A pipe with a name; both ends are opened without waiting for each other. */
export function openPipe(): { readFd: number; writeFd: number; [Symbol.dispose](): void } {
  const path = join(folder, `pipe-${Math.random().toString(36).slice(2)}`);
  execFileSync("mkfifo", [path]);
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeFd = openSync(path, constants.O_WRONLY);
  let open = [readFd, writeFd];
  return {
    readFd,
    writeFd,
    [Symbol.dispose]() {
      for (const fd of open) {
        try {
          closeSync(fd);
        } catch {
          // The test closed it.
        }
      }
      open = [];
    },
  };
}

/** What is in the pipe now, or so many bytes of it. */
export function drain(fd: number, mostBytes = Number.POSITIVE_INFINITY): string {
  const chunk = Buffer.alloc(1 << 20);
  let text = "";
  let leftBytes = mostBytes;
  for (;;) {
    try {
      const length = readSync(fd, chunk, 0, Math.min(chunk.length, leftBytes), null);
      leftBytes -= length;
      text += chunk.toString("utf8", 0, length);
      if (length === 0 || leftBytes === 0) return text;
    } catch (failure) {
      assert.equal((failure as NodeJS.ErrnoException).code, "EAGAIN");
      return text;
    }
  }
}

/** Leaves no room in the pipe, for any writer; `fd` may block. */
export function fillPipe(fd: number): void {
  const own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    for (const bytes of [Buffer.alloc(4096, "-"), Buffer.alloc(1, "-")]) {
      try {
        for (;;) writeSync(own, bytes);
      } catch (failure) {
        assert.equal((failure as NodeJS.ErrnoException).code, "EAGAIN");
      }
    }
  } finally {
    closeSync(own);
  }
}
