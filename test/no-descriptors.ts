/** Takes all descriptors of this process for a while: every open fails with EMFILE. */
import { readFileSync } from "node:fs";
import { check } from "../src/sys/errno.ts";
import { libcSyscalls } from "../src/sys/libc.ts";
import { RLIMIT_NOFILE } from "./lab/macros.ts";

export function withoutDescriptors<T>(run: () => T): T {
  const [soft, hard] = (
    /^Max open files +(\d+) +(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? []
  )
    .slice(1)
    .map(BigInt);
  if (soft === undefined || hard === undefined)
    throw new Error("/proc/self/limits names no limit of open files");
  const limit = (count: bigint): number =>
    check(libcSyscalls.setrlimit(RLIMIT_NOFILE, count, hard), "setrlimit", "Cannot change the limit");
  limit(0n);
  try {
    return run();
  } finally {
    limit(soft);
  }
}
