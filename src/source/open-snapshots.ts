/** Snapshots of the machine for a run that is open. */
import { ListenerWalker } from "../capture/kinds/refused/listener-walker.ts";
import { SyscallError, TcpdropError } from "../errors.ts";
import { isExhausted } from "../host/below-root.ts";
import { ownNetns } from "../host/netns.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { MachineSnapshots } from "./machine-snapshots.ts";
import type { OpenLive } from "./open-live.ts";

export interface OpenSnapshots extends Disposable {
  readonly snapshots: MachineSnapshots;
}

/** `wanted` are the only namespaces that are traced. The program that lists sockets is loaded when it is needed. */
export function openSnapshots(
  sys: Syscalls,
  { held, btf }: Pick<OpenLive, "held" | "btf">,
  wanted: readonly number[] | undefined,
): OpenSnapshots {
  let walker: ListenerWalker | undefined;
  // What the kernel rejected once it rejects for each namespace; for want of descriptors it may not again.
  let rejected: TcpdropError | undefined;
  const open = (): ListenerWalker => {
    if (rejected !== undefined) throw rejected;
    try {
      return ListenerWalker.open(sys, btf);
    } catch (failure) {
      const mayPass = failure instanceof SyscallError && isExhausted(failure.errnoName);
      if (failure instanceof TcpdropError && !mayPass) rejected = failure;
      throw failure;
    }
  };
  const walk = (): Uint8Array => {
    walker ??= open();
    return walker.walk();
  };
  return {
    snapshots: new MachineSnapshots({ entry: held.namespaces, own: ownNetns(), wanted, walk }),
    [Symbol.dispose]: () => walker?.[Symbol.dispose](),
  };
}
