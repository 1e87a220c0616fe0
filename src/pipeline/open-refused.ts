/**
 * The watch over refused SYNs: each by itself where this kernel lets functions be probed, else counts of the
 * listening sockets.
 */
import type { Btf } from "../btf/index.ts";
import { RefusedTracer } from "../capture/kinds/refused/refused-tracer.ts";
import { ReasonNames } from "../enrich/reason-names.ts";
import { UnsupportedError } from "../errors.ts";
import type { NamespaceEntry } from "../host/authority.ts";
import { WallClock } from "../host/wall-clock.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { EachRefused } from "./each-refused.ts";
import { namesLastAcks } from "./listener-share.ts";
import { ListenerWatch, type WatchOptions } from "./listener-watch.ts";
import { machineFailure } from "./machine-failure.ts";
import type { RefusedWatch } from "./refused-watch.ts";
import { openMachine } from "./watched-machine.ts";

export interface RefusedWatchOptions extends Omit<WatchOptions, "lastAcksAreNamed" | "clock"> {
  /** "counted": never each by itself, though it could be. */
  readonly how: "auto" | "counted";
  readonly namespaces: NamespaceEntry;
}

/** The watch, or why there is none: a trace without it is still worth having. */
export function openRefused(sys: Syscalls, btf: Btf, options: RefusedWatchOptions): RefusedWatch | string {
  try {
    return (
      (options.how === "auto" ? openEach(sys, btf, options) : undefined) ?? openCounted(sys, btf, options)
    );
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

function openEach(
  sys: Syscalls,
  btf: Btf,
  { netns, family, possibleCpus }: Pick<RefusedWatchOptions, "netns" | "family" | "possibleCpus">,
): EachRefused | undefined {
  try {
    const tracer = RefusedTracer.open(sys, btf, { request: { netns, family }, possibleCpus });
    return new EachRefused(tracer, WallClock.of(sys));
  } catch (failure) {
    if (failure instanceof UnsupportedError) return undefined;
    throw failure;
  }
}
