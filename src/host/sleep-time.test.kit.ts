/**
 * How long a process's main thread slept: it neither ran nor waited for a CPU. What blocks makes it sleep; a
 * loaded machine makes it wait. So limits of this time hold under load too.
 */
import { readFileSync } from "node:fs";

/**
 * The kernel's schedstat of a thread: nanoseconds on a CPU, nanoseconds in a run queue, and time slices
 * (Documentation/scheduler/sched-stats.rst). Throws once the process has gone.
 */
function timesMs(pid: number): { readonly ranMs: number; readonly waitedMs: number } {
  const [ran = "", waited = ""] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
  return { ranMs: Number(ran) / 1e6, waitedMs: Number(waited) / 1e6 };
}

/** The time that its main thread had a CPU for, since it began. */
export function ranMs(pid: number): number {
  return timesMs(pid).ranMs;
}

/** Milliseconds of sleep, from now until it is called. */
export function sleepSince(pid: number = process.pid): () => number {
  const awakeMs = (): number => {
    const times = timesMs(pid);
    return times.ranMs + times.waitedMs;
  };
  const [from, awakeBefore] = [performance.now(), awakeMs()];
  return () => performance.now() - from - (awakeMs() - awakeBefore);
}
