/** The live side of reconcile/: counters read from inside a namespace that is held open. */
import type { ReasonNames } from "../enrich/reason-names.ts";
import type { HeldNetns } from "../host/enter-netns.ts";
import { readNetCounters } from "../host/net-counters.ts";
import { CounterWatch } from "../reconcile/counter-watch.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { CLOCK_MONOTONIC } from "../sys/macros.ts";

/** Reads the counters for the first time; drops must be traced by now. */
export function watchNetns(held: HeldNetns, names: ReasonNames): CounterWatch {
  return new CounterWatch({
    netns: held.inode,
    read: () => held.inside(() => readNetCounters()),
    nowNs: () => libcSyscalls.clockGettimeNs(CLOCK_MONOTONIC),
    kernelReasons: new Set(names.core.values()),
  });
}
