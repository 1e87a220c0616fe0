/**
 * How many SYNs the listening sockets of one network namespace refused without a kfree_skb event.
 *
 * The kernel's books (read in 6.12; net/ipv4/tcp_input.c, tcp_ipv4.c, tcp_minisocks.c, include/net/tcp.h):
 *
 * - tcp_listendrop() adds 1 to the listener's sk_drops and 1 to the namespace's ListenDrops, always both. It
 *   is called (a) in tcp_conn_request(), for each SYN that is refused: the skb is then consumed, so nobody
 *   else shows it; (b) in tcp_v4_syn_recv_sock() and its kin, for a handshake's last ACK without room: that
 *   one has a kfree_skb event; (c) in tcp_req_err(), for a handshake that an ICMP error ended: no segment of
 *   TCP is dropped. It looks the same as (a).
 * - sk_drops_add() adds wire segments to sk_drops alone, for drops that have a kfree_skb event
 *   (listener-share.ts).
 * - ListenOverflows counts (a) and (b) with a full accept queue, TCPReqQFullDrop counts (a) with a full SYN
 *   queue.
 *
 * So, since the start:
 *
 *     refused in the namespace    = rise of ListenDrops - last ACKs, (b)
 *     refused by a listener       = rise of its sk_drops - what its events added there
 *
 * The first is exact where the last ACKs are known: by their events, or, where not all had one, by the
 * kernel's totals by site (last-acks.ts). It bounds the second: what the listeners cannot account for was
 * refused by one that is gone, and where they account for too much (an event was lost, or not understood)
 * each count is "at most". Nothing is counted twice: what was reported is taken off the first.
 *
 * Counters move while they are read, so ListenDrops is read before and after the listeners: these may be
 * ahead of the first reading by what is between the two. Events that are ahead of a reading are taken off the
 * next one.
 */
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";
import type { RefusedCause } from "../model/index.ts";
import { AttributedDrops, type ListenerDrop } from "./attributed-drops.ts";
import { FormerListeners } from "./former-listeners.ts";
import type { ListenCounters, Reading } from "./listener-reading.ts";
import { ListenerSnapshots, NO_RISES, type Rises } from "./listener-snapshots.ts";

export interface RefusedCount {
  readonly count: number;
  readonly atMost: boolean;
  readonly cause: RefusedCause;
  /** Absent: one that is gone. */
  readonly listener: Listener | undefined;
}

export interface CauseCount {
  readonly count: number;
  readonly atMost: boolean;
}

export interface Settlement {
  /** One for each listener and cause. Those that are "at most" may sum up to more than the total. */
  readonly refused: readonly RefusedCount[];
  readonly byCause: ReadonlyMap<RefusedCause, CauseCount>;
}

/** How many last ACKs without an event there can have been, by what the namespace itself counted. */
export interface AckRoom {
  readonly lastAcks: number;
  /** Those that brought back a SYN cookie. */
  readonly cookies: number;
}

/** A reading with what rose since the last one: to be settled before the next is opened. */
export interface OpenReading {
  readonly reading: Reading;
  /** Those that were looked at, and those that were closed since. */
  readonly listeners: readonly Listener[] | undefined;
  readonly rises: Rises;
  /** False: drops of listeners had events that found no room here. */
  readonly isExplained: boolean;
  readonly room: AckRoom;
}

/** What is known of the drops until a reading. */
export interface Known {
  /** Every drop of a listener had an event, and every event was recorded. */
  readonly complete: boolean;
  /** Last ACKs of this namespace without an event: at least so many. */
  readonly acks: number;
  /** There were no more of them. */
  readonly certain: boolean;
  /** There is no later reading to correct this one. */
  readonly final: boolean;
}

const NOTHING: Settlement = { refused: [], byCause: new Map() };

export class RefusedLedger {
  readonly #start: ListenCounters;
  #last: ListenCounters;
  /** Last ACKs since the start, and events that may have been some. */
  #acks = 0;
  #maybeAcks = 0;
  /** What was reported since the start: as the namespace's total, and by cause. */
  #reported = 0;
  readonly #reportedByCause = new Map<RefusedCause, number>();
  readonly #drops = new AttributedDrops();
  readonly #snapshots = new ListenerSnapshots();
  readonly #closed = new FormerListeners();
  #mayBeAcks = false;
  /**
   * Events were ahead of counters that stood still: a second time, they were misunderstood, and are
   * forgotten.
   */
  #wasAhead = false;
  /** False: what the listeners had dropped at the start is not known. */
  #hasBaseline: boolean;

  constructor(start: Reading) {
    this.#start = start.before;
    this.#last = start.before;
    this.#hasBaseline = start.listeners !== undefined;
    this.#snapshots.remember(start.listeners ?? [], new Set(), NO_RISES);
  }

  /** How many sockets and addresses are kept for the next reading. */
  get size(): number {
    return this.#drops.size + this.#closed.size;
  }

  /** A drop with an event of its own, of a socket that listens in this namespace. */
  recordDrop(drop: ListenerDrop): void {
    const { countedAs } = drop.share;
    if (countedAs === "maybe") this.#maybeAcks += 1;
    else if (countedAs !== undefined) this.#acks += 1;
    this.#mayBeAcks ||= countedAs === "maybe";
    this.#drops.add(drop);
  }

  /** A socket that listened in this namespace, as it was when it was closed. */
  recordClosed(listener: Listener): void {
    this.#closed.add(listener);
  }

  /** Only where ListenDrops moved can there be anything to report. */
  hasMoved(counters: ListenCounters): boolean {
    return counters.listenDrops !== this.#last.listenDrops;
  }

  /** Whether a reading must hold the listeners. */
  needsListeners(counters: ListenCounters): boolean {
    return !this.#hasBaseline || this.#drops.isLarge || this.hasMoved(counters);
  }

  /** What the listeners dropped since the last reading that was settled. */
  open(reading: Reading): OpenReading {
    const { before, listeners, after } = reading;
    const closed = this.#closed.take(listeners ?? []);
    // One that closed while nothing was refused refused nothing.
    if (listeners === undefined && (closed.length === 0 || !this.hasMoved(before))) {
      const room = this.#room(reading, undefined);
      return { reading, listeners: undefined, rises: NO_RISES, isExplained: true, room };
    }
    const all = [...(listeners ?? []), ...closed];
    const isExplained = !this.#drops.isIncomplete;
    const deferred = after.deferAcceptDrops > this.#start.deferAcceptDrops;
    const rises = this.#snapshots.rises(all, this.#drops, !deferred);
    const isWhole = this.#hasBaseline && listeners !== undefined && this.#snapshots.areAllIn(all);
    const room = this.#room(reading, isWhole ? sumOf(rises) : undefined);
    this.#snapshots.remember(all, new Set(closed.map(({ cookie }) => cookie)), rises);
    return { reading, listeners: all, rises, isExplained, room };
  }

  /**
   * A last ACK adds 1 to ListenDrops and, with its segments, 2 or more to sk_drops; one with a SYN cookie
   * adds 1 to each, and came after SyncookiesRecv had counted it.
   */
  #room({ before, after }: Reading, dropped: number | undefined): AckRoom {
    const most = Math.max(0, this.#unreported(after));
    const more = dropped === undefined ? most : Math.max(0, dropped - this.#unreported(before));
    const cookies = after.syncookiesRecv - this.#last.syncookiesRecv;
    return { lastAcks: Math.min(most, more), cookies: Math.min(most, Math.max(0, cookies)) };
  }

  /** What was refused since the last settlement. */
  settle({ reading, listeners, rises, isExplained }: OpenReading, known: Known): Settlement {
    const { before, after } = reading;
    const acks = Math.min(known.acks, Math.max(0, this.#unreported(after)));
    this.#acks += acks;
    const [atLeast, atMost] = [this.#unreported(before), this.#unreported(after)];
    this.#forgetMisunderstood(atLeast, this.hasMoved(before));
    this.#last = before;
    const hadBaseline = this.#hasBaseline || listeners === undefined;
    const complete = known.complete && isExplained;
    const isMoving = known.final && before.listenDrops !== after.listenDrops;
    let uncertain = this.#mayBeAcks || !known.certain || acks < known.acks || isMoving;
    const risen = (hadBaseline || atMost > 0 ? (listeners ?? []) : [])
      .map((listener) => ({ listener, count: rises.get(listener.cookie) ?? 0 }))
      .filter(({ count }) => count > 0);
    const sum = risen.reduce((total, { count }) => total + count, 0);
    const isTooMuch = sum > atMost;
    uncertain ||= isTooMuch && complete && hadBaseline;
    this.#hasBaseline ||= listeners !== undefined;
    if (listeners !== undefined) this.#mayBeAcks = false;
    const most = isMoving ? atMost : atLeast;
    const total = isTooMuch ? most : Math.max(sum, most);
    if (total <= 0) return NOTHING;
    const shares = risen.map(({ listener, count }) => ({ listener, count: Math.min(count, total) }));
    return this.#report(shares, total - sum, this.#causes(total, after, uncertain), {
      atMost: uncertain || !complete || !hadBaseline || isTooMuch,
    });
  }

  /**
   * The namespace has gone, and its counters with it: what the sockets dropped that were seen closing, and
   * that no event explains.
   */
  settleClosed(): Settlement {
    const closed = this.#closed.take([]);
    const rises = this.#snapshots.rises(closed, this.#drops, true);
    const refused = closed
      .map((listener) => ({ listener, count: rises.get(listener.cookie) ?? 0 }))
      .filter(({ count }) => count > 0)
      .map((share): RefusedCount => ({ ...share, cause: "LISTEN_DROP", atMost: true }));
    const sum = refused.reduce((total, { count }) => total + count, 0);
    return { refused, byCause: new Map(sum > 0 ? [["LISTEN_DROP", { count: sum, atMost: true }]] : []) };
  }

  /** Where events stay ahead of counters that stand still. */
  #forgetMisunderstood(atLeast: number, moved: boolean): void {
    const isAhead = !moved && atLeast < 0;
    if (isAhead && this.#wasAhead) this.#reported += atLeast;
    this.#wasAhead = isAhead;
  }

  /**
   * Refused since the start and not reported yet. Negative where events or listeners were ahead of the
   * counters.
   */
  #unreported(now: ListenCounters): number {
    return now.listenDrops - this.#start.listenDrops - this.#lastAcks(now) - this.#reported;
  }

  /** Before Linux 6.15 an ACK put off by TCP_DEFER_ACCEPT looks the same, and has a counter. */
  #lastAcks(now: ListenCounters): number {
    const deferred = now.deferAcceptDrops - this.#start.deferAcceptDrops;
    return this.#acks + Math.max(0, this.#maybeAcks - deferred);
  }

  #report(
    risen: readonly { readonly listener: Listener; readonly count: number }[],
    rest: number,
    byCause: Settlement["byCause"],
    { atMost }: { readonly atMost: boolean },
  ): Settlement {
    for (const [cause, { count }] of byCause) {
      this.#reported += count;
      this.#reportedByCause.set(cause, (this.#reportedByCause.get(cause) ?? 0) + count);
    }
    const shares: { listener: Listener | undefined; count: number }[] =
      rest > 0 ? [...risen, { listener: undefined, count: rest }] : [...risen];
    const [only] = shares;
    if (only !== undefined && shares.length === 1) {
      const { listener } = only;
      return {
        byCause,
        refused: [...byCause].map(([cause, { count, atMost: most }]) => ({
          ...{ cause, count, listener },
          atMost: atMost || most,
        })),
      };
    }
    const [cause = "LISTEN_DROP"] = byCause.size === 1 ? byCause.keys() : [];
    return {
      byCause,
      refused: shares.map((share) => ({ ...share, cause, atMost: atMost || byCause.has("LISTEN_DROP") })),
    };
  }

  /** The total, by what the namespace's counters say that was not reported yet. */
  #causes(total: number, now: ListenCounters, atMost: boolean): Settlement["byCause"] {
    const unreported = (cause: RefusedCause, rise: number, most: number): number =>
      Math.max(0, Math.min(most, rise - (this.#reportedByCause.get(cause) ?? 0)));
    const overflows = now.listenOverflows - this.#start.listenOverflows - this.#lastAcks(now);
    const accept = unreported("ACCEPT_QUEUE_FULL", overflows, total);
    const fullSynQueue = now.reqQFullDrops - this.#start.reqQFullDrops;
    const syn = unreported("SYN_QUEUE_FULL", fullSynQueue, total - accept);
    const causes: readonly (readonly [RefusedCause, CauseCount])[] = [
      ["ACCEPT_QUEUE_FULL", { count: accept, atMost }],
      // TCPReqQFullDrop counts SYNs alone.
      ["SYN_QUEUE_FULL", { count: syn, atMost: false }],
      // An ICMP error that ends a handshake, and an MPTCP join with an unknown token, count as well.
      ["LISTEN_DROP", { count: total - accept - syn, atMost: true }],
    ];
    return new Map(causes.filter(([, { count }]) => count > 0));
  }
}

function sumOf(rises: Rises): number {
  let sum = 0;
  for (const rise of rises.values()) sum += Math.max(0, rise);
  return sum;
}
