/** Whether a write would block, for the outputs of a run. */
import { libcSyscalls } from "../sys/libc.ts";
import { POLLERR, POLLHUP, POLLOUT } from "../sys/macros.ts";

/** poll(2) without a time-out. */
export function pollWritable(fd: number): boolean {
  const events = libcSyscalls.poll(fd, POLLOUT, 0);
  // A pipe whose reader has gone is "writable": the write then says EPIPE.
  return events > 0 && (events & (POLLOUT | POLLERR | POLLHUP)) !== 0;
}
