/** One event of a stream: what every source makes, every stage may look at, and every sink shows. */
import type {
  Device,
  DropSite,
  Flow,
  Outer,
  Packet,
  PacketFlow,
  RefusedSite,
  Site,
  Socket,
  Task,
} from "./groups.ts";
import type { Kind } from "./kinds.ts";
import type { NetnsName, Owner, SocketIdentity } from "./owner.ts";
import type { DropClass } from "./words.ts";

/** Unique in a run, and in a recording of it; later events have greater ones. */
export type EventId = number;

/** What every event has. */
export interface EventOf<K extends Kind, Detail> {
  readonly kind: K;
  readonly id: EventId;
  /** Wall-clock time, nanoseconds since 1970 UTC. */
  readonly timeNs: bigint;
  /** CLOCK_MONOTONIC, nanoseconds; absent where no single moment is known. */
  readonly ktimeNs: bigint | undefined;
  readonly class: DropClass;
  readonly flow: Flow | undefined;
  /** Where `flow.tunnel` is true. */
  readonly outer: Outer | undefined;
  readonly site: Site;
  readonly device: Device | undefined;
  readonly socket: Socket | undefined;
  /** What the owner is found by; absent unless owners are asked for. */
  readonly identity?: SocketIdentity | undefined;
  readonly task: Task | undefined;
  readonly packet: Packet | undefined;
  /** Kernel stack, innermost frame first, each frame like `site.location`; absent where none was taken. */
  readonly stack: readonly string[] | undefined;
  readonly detail: Detail;
  /** A lookup fills it (stages/owner/). */
  owner?: Owner | undefined;
  /** A lookup fills it: the name of `device.netns`. */
  netns?: NetnsName | undefined;
}

/** One dropped skb. */
export interface DropEvent extends EventOf<"drop", DropDetail> {
  readonly ktimeNs: bigint;
  readonly flow: PacketFlow;
  readonly site: DropSite;
  readonly task: Task;
  readonly packet: Packet;
}

export interface DropDetail {
  /**
   * True: stacks are wanted, and this one was left out because its site drops more often than stacks are
   * taken.
   */
  readonly stackOmitted: boolean;
  /** What the kernel program evaluated of a filter whose rest is for user space: two bits each (filter/). */
  readonly filterBits: number;
}

/**
 * SYNs that a listening socket refused, without an answer: the peer gets no RST, and retransmits the SYN. The
 * kernel frees such a SYN as if it had been consumed, so that there is no kfree_skb event. Where functions
 * can be probed there is one of these for each SYN; elsewhere one for each listener and interval, from
 * counters.
 *
 * `timeNs` is when the SYN was refused, or the end of the interval. Flow and cookie are absent where the
 * listener was gone before it could be asked, or where records had no room.
 */
export interface RefusedEvent extends EventOf<"refused", RefusedDetail> {
  readonly class: "loss";
  readonly site: RefusedSite;
  readonly socket: Socket;
}

export interface RefusedDetail {
  /** Start of the interval; where the SYN itself was seen, the time of the event. */
  readonly sinceNs: bigint;
  /** SYNs: at least 1. */
  readonly count: number;
  /** True: an upper bound, since drops of the listener that have an event could not all be taken off. */
  readonly atMost: boolean;
  /** Connections that waited for accept() at the SYN, or at the end of the interval. */
  readonly acceptQueue: number | undefined;
  /** The backlog; with one more than this the queue is full. */
  readonly acceptQueueLimit: number | undefined;
}

export interface EventByKind {
  readonly drop: DropEvent;
  readonly refused: RefusedEvent;
}

/** An event of one kind, or of any: `kind` says which. */
export type Event<K extends Kind = Kind> = EventByKind[K];
export type DetailOf<K extends Kind> = Event<K>["detail"];
