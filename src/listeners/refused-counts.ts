/** Counts of refused SYNs as events. */
import type { RefusedCount } from "./refused-ledger.ts";
import { type Refused, refusedEvent } from "./refused-watch.ts";

/** With -4 or -6: a listener for both families may have refused SYNs of either. */
export function ofFamily(refused: RefusedCount, family: 4 | 6 | undefined): readonly RefusedCount[] {
  const { listener } = refused;
  if (family === undefined) return [refused];
  if (listener === undefined || (listener.ip === 6 && listener.takesIpv4))
    return [{ ...refused, atMost: true }];
  return listener.ip === family ? [refused] : [];
}

/** Counted in the namespace `netns` between two moments, wall time. */
export function countedEvent(
  { count, atMost, cause, listener }: RefusedCount,
  netns: number,
  sinceNs: bigint,
  timeNs: bigint,
): Refused {
  return refusedEvent({
    source: "listener",
    timeNs,
    ktimeNs: undefined,
    sinceNs,
    count,
    atMost,
    cause,
    netns,
    peer: undefined,
    listener:
      listener === undefined
        ? undefined
        : {
            ip: listener.ip,
            daddr: listener.address,
            dport: listener.port,
            acceptQueue: listener.acceptQueue,
            acceptQueueLimit: listener.acceptQueueLimit,
            skCookie: listener.skCookie,
            identity: listener.identity,
          },
  });
}
