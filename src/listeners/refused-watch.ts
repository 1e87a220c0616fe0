/**
 * Who reports refused SYNs, as a run sees it.
 *
 * Counts belong to a moment, and are to be reported once the drops until that moment are known. So a watch is
 * armed; when it is ready a sample is taken, in slices; and the sample becomes events when the ring of drops
 * has been drained past its time.
 */
import type { Steps } from "../host/steps.ts";
import type {
  Event,
  Flow,
  RefusedCause,
  RefusedEvent,
  RefusedSource,
  RefusedTotal,
  SocketIdentity,
} from "../model/index.ts";
import { refusedSite } from "../reasons/index.ts";

export interface RefusedWatch extends Disposable {
  /** How they are found, in a few words; undefined where none can be. */
  readonly how: string | undefined;
  /** Why some are not counted, in one line: what is the matter now. */
  readonly problem: string | undefined;
  /** Of the whole run; undefined where nobody could watch. */
  readonly total: RefusedTotal | undefined;
  /** Each event of the ring, of whatever kind, in its order. */
  record(event: Event): void;
  /** Calls `ready` once, when a sample is due. */
  arm(ready: () => void): void;
  disarm(): void;
  /** The end of the trace: what is refused from now on is not seen. */
  detach(): void;
  /**
   * Takes a sample; the last one of a run gives up at `untilMs` of performance.now(). One at a time: each is
   * void when another begins. Throws nothing that the machine is to blame for: that is a `problem`.
   */
  sample(untilMs?: number): Steps<RefusedSample>;
}

export interface RefusedSample {
  /** Wall time: drops until then are to be recorded before `emit`. */
  readonly timeNs: bigint;
  /** False: there is nothing to report, whatever the ring of drops holds. */
  readonly changed: boolean;
  /**
   * Of the last sample: looks at what there was no time for, after the trace has been detached. What rose
   * there is "at most".
   */
  readonly catchUp: ((untilMs: number) => Steps<void>) | undefined;
  /** `dropsComplete`: every drop until the sample had an event. `final`: there is no later sample. */
  emit(dropsComplete: boolean, final: boolean): readonly Refused[];
}

/** An event that has no number yet. */
export type Refused = Omit<RefusedEvent, "id">;

/** What is known of refused SYNs; what differs between them. */
export interface RefusedFacts {
  readonly source: RefusedSource;
  readonly timeNs: bigint;
  readonly ktimeNs: bigint | undefined;
  readonly sinceNs: bigint;
  readonly count: number;
  readonly atMost: boolean;
  readonly cause: RefusedCause;
  /** Absent for several whose records had no room. */
  readonly netns: number | undefined;
  /** Where the SYN came from. Absent where it was only counted. */
  readonly peer: { readonly saddr: string; readonly sport: number } | undefined;
  /** Absent where it was gone before it could be asked, or where records had no room. */
  readonly listener: ListenerFacts | undefined;
}

export interface ListenerFacts {
  /**
   * The SYN's version; where it was only counted the socket's family, and one of IPv6 may take connections of
   * IPv4 too.
   */
  readonly ip: 4 | 6;
  /** The SYN's destination; where it was only counted the address that the socket listens on. */
  readonly daddr: string;
  readonly dport: number;
  readonly acceptQueue: number;
  readonly acceptQueueLimit: number;
  /** Absent where the socket has none yet. */
  readonly skCookie: bigint | undefined;
  readonly identity?: SocketIdentity | undefined;
}

/** With what is the same in all of them. */
export function refusedEvent(facts: RefusedFacts): Refused {
  const { source, timeNs, ktimeNs, sinceNs, count, atMost, cause, netns, listener } = facts;
  return {
    kind: "refused",
    timeNs,
    ktimeNs,
    class: "loss",
    flow: flowOf(facts),
    outer: undefined,
    site: refusedSite(source, cause),
    device:
      netns === undefined
        ? undefined
        : {
            netns,
            ifindex: undefined,
            ifname: undefined,
            outIfindex: undefined,
            outIfname: undefined,
            mtu: undefined,
          },
    socket: { state: "LISTEN", skCookie: listener?.skCookie },
    identity: listener?.identity,
    task: undefined,
    packet: undefined,
    stack: undefined,
    detail: {
      sinceNs,
      count,
      atMost,
      acceptQueue: listener?.acceptQueue,
      acceptQueueLimit: listener?.acceptQueueLimit,
    },
  };
}

function flowOf({ peer, listener }: RefusedFacts): Flow | undefined {
  if (listener === undefined) return undefined;
  const { ip, daddr, dport } = listener;
  return {
    ip,
    saddr: peer?.saddr,
    sport: peer?.sport,
    daddr,
    dport,
    addressSource: peer === undefined ? "socket" : "packet",
    direction: "rx",
    tunnel: false,
  };
}
