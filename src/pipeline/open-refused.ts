/**
 * The watch over refused SYNs: each by itself where this kernel lets functions be probed, else counts of the
 * listening sockets.
 */
import type { Btf } from "../btf/index.ts";
import { RefusedTracer } from "../capture/kinds/refused/refused-tracer.ts";
import { StrandedError, TcpdropError, UnsupportedError } from "../errors.ts";
import { WallClock } from "../host/wall-clock.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { EachRefused } from "./each-refused.ts";
import { ListenerWatch, type WatchOptions } from "./listener-watch.ts";
import type { RefusedWatch } from "./refused-watch.ts";

export interface RefusedWatchOptions extends WatchOptions {
  readonly possibleCpus: number;
  /** "counted": never each by itself, though it could be. */
  readonly how: "auto" | "counted";
}

/** The watch, or why there is none: a trace without it is still worth having. */
export function openRefused(
  sys: Syscalls,
  btf: Btf,
  options: RefusedWatchOptions,
  nowNs: () => bigint,
): RefusedWatch | string {
  try {
    return (
      (options.how === "auto" ? openEach(sys, btf, options) : undefined) ??
      ListenerWatch.open(sys, btf, options, nowNs)
    );
  } catch (failure) {
    if (!(failure instanceof TcpdropError) || failure instanceof StrandedError) throw failure;
    return `Refused SYNs are not counted: ${failure.message}`;
  }
}

function openEach(
  sys: Syscalls,
  btf: Btf,
  { netns, family, possibleCpus }: RefusedWatchOptions,
): EachRefused | undefined {
  try {
    const tracer = RefusedTracer.open(sys, btf, { request: { netns, family }, possibleCpus });
    return new EachRefused(tracer, WallClock.of(sys));
  } catch (failure) {
    if (failure instanceof UnsupportedError) return undefined;
    throw failure;
  }
}
