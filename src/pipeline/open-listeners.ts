/** The watch over listening sockets, where there can be one. */
import type { Btf } from "../btf/index.ts";
import { TcpdropError } from "../errors.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { ListenerWatch, type WatchOptions } from "./listener-watch.ts";

/** The watch, or why there is none: a trace without it is still worth having. */
export function openListeners(sys: Syscalls, btf: Btf, options: WatchOptions, nowNs: () => bigint): ListenerWatch | string {
  try {
    return ListenerWatch.open(sys, btf, options, nowNs);
  } catch (failure) {
    if (!(failure instanceof TcpdropError)) throw failure;
    return `Refused SYNs are not counted: ${failure.message}`;
  }
}
