/** The live side of reconcile/: counters read from inside a namespace that is held open. */
import type { HeldNetns } from "../host/enter-netns.ts";
import { readNetCounters } from "../host/net-counters.ts";
import { CounterWatch } from "../reconcile/counter-watch.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { CLOCK_MONOTONIC } from "../sys/macros.ts";
import type { OpenTrace } from "../trace.ts";

/** Reads the counters for the first time; drops of this namespace alone must be traced by now. */
export function watchNetns(held: HeldNetns, { session, names }: OpenTrace): CounterWatch {
  return new CounterWatch({
    netns: held.inode,
    read: () => held.inside(() => readNetCounters()),
    places: () =>
      session.tracer.totals().map((total) => ({
        count: total.count,
        name: () => {
          const { reason, reasonSubsystem, reasonInferred, location } = session.events.site(total);
          return { reason, location, subsystem: reasonInferred ? undefined : reasonSubsystem };
        },
      })),
    nowNs: () => libcSyscalls.clockGettimeNs(CLOCK_MONOTONIC),
    kernelReasons: new Set(names.core.values()),
  });
}
