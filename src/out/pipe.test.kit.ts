/** A pipe and the reader's end of it, for tests of what is written to one. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
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

/** What is in the pipe now. */
export function drain(fd: number): string {
  const chunk = Buffer.alloc(1 << 20);
  let text = "";
  for (;;) {
    try {
      const length = readSync(fd, chunk);
      if (length === 0) return text;
      text += chunk.toString("utf8", 0, length);
    } catch (failure) {
      assert.equal((failure as NodeJS.ErrnoException).code, "EAGAIN");
      return text;
    }
  }
}
