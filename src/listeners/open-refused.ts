/**
 * The watch over refused SYNs: each by itself where the tracer has a probe for them, else counts of the
 * listening sockets.
 */
import type { Btf } from "../btf/index.ts";
import type { Tracer } from "../capture/tracer.ts";
import { ReasonNames } from "../enrich/reason-names.ts";
import type { NamespaceEntry } from "../host/authority.ts";
import { WallClock } from "../host/wall-clock.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { EachRefused } from "./each-refused.ts";
import { namesLastAcks } from "./listener-share.ts";
import { ListenerWatch, type WatchOptions } from "./listener-watch.ts";
import { machineFailure } from "./machine-failure.ts";
import { openMachine } from "./watched-machine.ts";

export interface RefusedWatchOptions extends Omit<WatchOptions, "lastAcksAreNamed" | "clock"> {
  readonly namespaces: NamespaceEntry;
  /** It is asked whose the listening sockets are. */
  readonly owners?: boolean;
}

/** The watch, or why there is none: a trace without it is still worth having. */
export function openRefused(
  sys: Syscalls,
  btf: Btf,
  { further: { refused } }: Pick<Tracer, "further">,
  options: RefusedWatchOptions,
): EachRefused | ListenerWatch | string {
  if (refused !== undefined) return new EachRefused(refused, WallClock.of(sys));
  try {
    return openCounted(sys, btf, options);
  } catch (failure) {
    return `Refused SYNs are not counted: ${machineFailure(failure)}`;
  }
}

function openCounted(sys: Syscalls, btf: Btf, options: RefusedWatchOptions): ListenerWatch {
  const lastAcksAreNamed = namesLastAcks(ReasonNames.of(btf).core.values());
  const machine = openMachine(sys, btf, options);
  try {
    return new ListenerWatch(machine, { ...options, lastAcksAreNamed, clock: WallClock.of(sys) });
  } catch (failure) {
    machine[Symbol.dispose]();
    throw failure;
  }
}
