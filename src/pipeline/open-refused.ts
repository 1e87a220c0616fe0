/**
 * The watch over refused SYNs: each by itself where this kernel lets functions be probed, else counts of the
 * listening sockets.
 */
import type { Btf } from "../btf/index.ts";
import type { Tracer } from "../capture/tracer.ts";
import { TcpdropError } from "../errors.ts";
import { WallClock } from "../host/wall-clock.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { EachRefused } from "./each-refused.ts";
import { ListenerWatch, type WatchOptions } from "./listener-watch.ts";
import type { RefusedWatch } from "./refused-watch.ts";

/** The watch, or why there is none: a trace without it is still worth having. */
export function openRefused(
  sys: Syscalls,
  btf: Btf,
  { refused, ring, tellsSocket }: Pick<Tracer, "refused" | "ring" | "tellsSocket">,
  bounds: Pick<WatchOptions, "netns" | "family">,
  nowNs: () => bigint,
): RefusedWatch | string {
  if (refused !== undefined) return new EachRefused(refused, ring.data, WallClock.of(sys));
  try {
    return ListenerWatch.open(sys, btf, { ...bounds, tellsSocket }, nowNs);
  } catch (failure) {
    if (!(failure instanceof TcpdropError)) throw failure;
    return `Refused SYNs are not counted: ${failure.message}`;
  }
}
