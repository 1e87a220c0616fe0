/**
 * System calls of which one fails: for tests that demand that whatever was opened before it is closed again.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { ERRNO } from "./errno.ts";
import { openDescriptors } from "./fd.ts";
import { openMappings } from "./mapping.ts";
import type { Syscalls } from "./syscalls.ts";

/** What can fail, and how a failure is returned. A watch that cannot be made throws. */
const FAILURES: Readonly<Partial<Record<keyof Syscalls, (errno: number) => number | bigint>>> = {
  bpf: (errno) => -errno,
  perfEventOpen: (errno) => -errno,
  ioctl: (errno) => -errno,
  open: (errno) => -errno,
  openByHandleAt: (errno) => -errno,
  setns: (errno) => -errno,
  setrlimit: (errno) => -errno,
  mmap: (errno) => BigInt(-errno),
  watchReadable: (errno) => {
    throw new Error(`no watch: errno ${errno}`);
  },
};

export interface FailingSyscalls {
  readonly sys: Syscalls;
  /** Calls that could have failed, made until now. */
  readonly made: () => number;
}

/** The `nth` call that can fail, counted from 1, returns this errno and does not reach the kernel. */
export function failingSyscalls(inner: Syscalls, nth: number, errno: number): FailingSyscalls {
  let made = 0;
  const sys = Object.fromEntries(
    Object.entries(inner).map(([name, call]) => {
      const fail = FAILURES[name as keyof Syscalls];
      const through = call as (...values: readonly unknown[]) => unknown;
      if (fail === undefined) return [name, through];
      return [
        name,
        (...values: readonly unknown[]) => {
          made += 1;
          return made === nth ? fail(errno) : through(...values);
        },
      ];
    }),
  ) as unknown as Syscalls;
  return { sys, made: () => made };
}

const ERRNOS = [ERRNO.EMFILE, ERRNO.ENOMEM, ERRNO.EPERM, ERRNO.E2BIG];
/** More calls than anything here makes: a loop that never ends is a failure. */
const MOST_CALLS = 500;

/**
 * Opens as often as it makes calls that can fail, with another one failing each time, and demands that
 * nothing stays open: neither where opening failed, nor where it found a way around and was closed. Returns
 * how many times it failed.
 */
export function demandNoLeak(inner: Syscalls, open: (sys: Syscalls) => Disposable): number {
  let failed = 0;
  for (const errno of ERRNOS) {
    for (let nth = 1; ; nth += 1) {
      assert.ok(nth < MOST_CALLS, `${nth} calls and still not open`);
      const before = openNow();
      const { sys, made } = failingSyscalls(inner, nth, errno);
      let failure: unknown;
      try {
        open(sys)[Symbol.dispose]();
      } catch (thrown) {
        failure = thrown;
        failed += 1;
      }
      assert.deepEqual(
        openNow(),
        before,
        `call ${nth} failed with ${errno}, then: ${failure instanceof Error ? failure.message : "opened all the same"}`,
      );
      if (made() < nth) break;
    }
  }
  return failed;
}

/** What is owned, and what the kernel says. */
function openNow(): Readonly<Record<string, number>> {
  return {
    descriptors: openDescriptors(),
    mappings: openMappings(),
    kernel: readdirSync("/proc/self/fd").length,
  };
}
