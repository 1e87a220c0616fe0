/** What the session asks of whoever tells of refused SYNs. */
import type {
  DropEvent,
  Flow,
  RefusedCause,
  RefusedEvent,
  RefusedSource,
  RefusedTotal,
} from "../model/index.ts";
import { refusedSite } from "../reasons/index.ts";

export interface RefusedWatch extends Disposable {
  /** How they are told, in a few words; undefined where nothing can be told. */
  readonly how: string | undefined;
  /** Why some are not told, in one line. */
  readonly problem: string | undefined;
  /** Of the whole run; undefined where nobody could watch. */
  readonly total: RefusedTotal | undefined;
  /** A drop that has an event of its own. */
  saw(event: DropEvent): void;
  /** Calls `onReady` once, when there may be something to tell. */
  wait(onReady: () => void): void;
  stop(): void;
  /**
   * Looks, at the time of the call; `tell` makes events of it once the drops until then have been given to
   * `saw`.
   */
  look(): Look;
}

export interface Look {
  /** False: there is nothing to tell, whatever the ring of drops holds. */
  readonly moved: boolean;
  /** `complete`: all drops until the look were given to `saw`. `isLast`: there will be no other. */
  tell(complete: boolean, isLast: boolean): readonly Refused[];
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
    site: refusedSite(source, cause),
    device: netns === undefined ? undefined : { netns, ifindex: undefined, ifname: undefined },
    socket: { state: "LISTEN", skCookie: listener?.skCookie },
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
