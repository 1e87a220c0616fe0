/**
 * Waits for readability in a worker thread: by asking at intervals.
 *
 * koffi's handle of libuv does not end with a worker: where terminate() or process.exit() ends one that waits,
 * the next readable descriptor calls into what is gone, and the whole process dies. A timer ends with it.
 */
import { POLLIN } from "./macros.ts";
import type { Fd, PollResult, Watch } from "./syscalls.ts";

/** Half of what a run pauses at most between two looks; asking costs some 20 us. */
const INTERVAL_MS = 10;

/** `poll` asks without waiting. */
export function watchByAsking(fd: Fd, poll: (fd: Fd, events: number) => PollResult): Watch {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    start: (onReady) => {
      stop();
      timer = setInterval(() => {
        const events = poll(fd, POLLIN);
        if (events > 0 && (events & POLLIN) !== 0) onReady();
      }, INTERVAL_MS);
    },
    stop,
    close: stop,
  };
}
