/**
 * The watch over refused SYNs: each by itself where this kernel lets functions be probed, else counts of the
 * listening sockets.
 */
import type { Btf } from "../btf/index.ts";
import type { Tracer } from "../capture/tracer.ts";
import { StrandedError, TcpdropError } from "../errors.ts";
import { WallClock } from "../host/wall-clock.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { EachRefused } from "./each-refused.ts";
import { ListenerWatch, type WatchOptions } from "./listener-watch.ts";
import type { RefusedWatch } from "./refused-watch.ts";

/** The watch, or why there is none: a trace without it is still worth having. */
export function openRefused(
  sys: Syscalls,
  btf: Btf,
  { refused }: Pick<Tracer, "refused">,
  options: WatchOptions,
  nowNs: () => bigint,
): RefusedWatch | string {
  if (refused !== undefined) return new EachRefused(refused, WallClock.of(sys));
  try {
    return ListenerWatch.open(sys, btf, options, nowNs);
  } catch (failure) {
    if (!(failure instanceof TcpdropError) || failure instanceof StrandedError) throw failure;
    return `Refused SYNs are not counted: ${failure.message}`;
  }
}
