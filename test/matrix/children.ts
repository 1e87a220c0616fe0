/** Children end with this process, however it ends. */
import type { ChildProcess } from "node:child_process";

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) killGroup(child);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

/** Detached children are their own process groups, with all that they started. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

/**
 * Resolves when a detached child has ended and its output is read; after `longestMs` it is killed. Rejects if
 * it could not be started.
 */
export async function ended(child: ChildProcess, longestMs: number): Promise<number | null> {
  running.add(child);
  const timer = setTimeout(() => killGroup(child), longestMs);
  try {
    return await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}
