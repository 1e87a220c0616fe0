/** The live side of reconcile/: counters read from inside a namespace that is held open. */
import type { HeldNetns } from "../host/enter-netns.ts";
import { readNetCounters } from "../host/net-counters.ts";
import { EVENT_CLOCK } from "../host/wall-clock.ts";
import { CounterWatch } from "../reconcile/counter-watch.ts";
import type { OpenLive } from "../source/open-live.ts";
import type { Source } from "../source/source.ts";
import { libcSyscalls } from "../sys/libc.ts";

/**
 * Keeps a namespace whose counters are wanted; the trace must have been opened for it alone.
 *
 * @throws UsageError where nothing leads there
 */
export function holdNetns(inode: number, { held: { namespaces } }: Pick<OpenLive, "held">): HeldNetns {
  if (namespaces === undefined) throw new Error("The trace did not ask for a way into namespaces");
  return namespaces.hold(inode);
}

/** Reads the counters for the first time; drops of this namespace alone must be traced by now. */
export function watchNetns(held: HeldNetns, source: Source): CounterWatch {
  return new CounterWatch({
    netns: held.inode,
    read: () => held.inside(() => readNetCounters()),
    sites: () =>
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
