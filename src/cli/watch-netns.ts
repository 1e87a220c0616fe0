/** The live side of reconcile/: counters read from inside a namespace that is held open. */
import type { HeldNetns } from "../host/enter-netns.ts";
import { readNetCounters } from "../host/net-counters.ts";
import { EVENT_CLOCK } from "../host/wall-clock.ts";
import { CounterWatch } from "../reconcile/counter-watch.ts";
import type { Source } from "../source/source.ts";
import { libcSyscalls } from "../sys/libc.ts";

/** Reads the counters for the first time; drops of this namespace alone must be traced by now. */
export function watchNetns(held: HeldNetns, source: Source): CounterWatch {
  return new CounterWatch({
    netns: held.inode,
    read: () => held.inside(() => readNetCounters()),
    places: () =>
      source.sites().map(({ count, name }) => ({
        count,
        name: () => {
          const { reason, reasonSubsystem, reasonInferred, location } = name();
          return { reason, location, subsystem: reasonInferred ? undefined : reasonSubsystem };
        },
      })),
    nowNs: () => libcSyscalls.clockGettimeNs(EVENT_CLOCK),
    kernelReasons: source.facts.kernelReasons,
  });
}
