/**
 * How many SYNs the listening sockets of one network namespace refused without a kfree_skb event.
 *
 * The kernel's books (read in 6.12; net/ipv4/tcp_input.c, tcp_ipv4.c, tcp_minisocks.c, include/net/tcp.h):
 *
 * - tcp_listendrop() adds 1 to the listener's sk_drops and 1 to the namespace's ListenDrops, always both. It
 *   is called (a) in tcp_conn_request(), for each SYN that is refused: the skb is then consumed, so nobody
 *   else shows it; (b) in tcp_v4_syn_recv_sock() and its kin, for a handshake's last ACK without room: that
 *   one has a kfree_skb event; (c) in tcp_req_err(), for a handshake that an ICMP error ended: no segment of
 *   TCP is dropped. It cannot be told from (a).
 * - sk_drops_add() adds wire segments to sk_drops alone, for drops that have a kfree_skb event
 *   (listener-share.ts).
 * - ListenOverflows counts (a) and (b) with a full accept queue, TCPReqQFullDrop counts (a) with a full SYN
 *   queue.
 *
 * So, since the start:
 *
 *     refused in the namespace    = rise of ListenDrops - events of kind (b)
 *     refused by a listener       = rise of its sk_drops - what its events added there
 *
 * The first is exact, and the bound for the second: what the listeners cannot account for was refused by one
 * that is gone, and where they account for too much (an event was lost, or not understood) each count is "at
 * most". Nothing is told twice: what was told is taken off the first.
 *
 * Counters move while they are read, so ListenDrops is read before and after the listeners: these may be
 * ahead of the first reading by what is between the two. Events that are ahead of a reading are taken off the
 * next one.
 */
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";
import type { DropEvent, RefusedCause } from "../model/index.ts";
import { shareOfListener } from "./listener-share.ts";

/** The counters of a namespace that matter here, TcpExt in /proc/net/netstat. */
export interface ListenCounters {
  readonly listenDrops: number;
  readonly listenOverflows: number;
  readonly reqQFullDrops: number;
  readonly deferAcceptDrops: number;
}

export interface Reading {
  readonly before: ListenCounters;
  /** Absent where they were not looked at. */
  readonly listeners: readonly Listener[] | undefined;
  readonly after: ListenCounters;
}

export interface Refusal {
  readonly count: number;
  readonly atMost: boolean;
  readonly cause: RefusedCause;
  /** Absent: one that is gone. */
  readonly listener: Listener | undefined;
}

export interface Reckoning {
  /** One for each listener and cause. Those that are "at most" may sum up to more than the total. */
  readonly refusals: readonly Refusal[];
  readonly byCause: ReadonlyMap<RefusedCause, number>;
}

const NOTHING: Reckoning = { refusals: [], byCause: new Map() };

/** What the events of one listener added to its sk_drops. */
interface Seen {
  skDrops: number;
  maybe: number;
  readonly cookie: bigint | undefined;
  /** Address and port that its packets were sent to. */
  readonly place: string;
}

/** A listener as it was looked at last. */
interface Known {
  readonly drops: number;
  readonly owed: number;
  readonly place: string;
}

export class RefusedLedger {
  readonly #start: ListenCounters;
  #last: ListenCounters;
  /** Events of kind (b) since the start, and those that may be. */
  #finalAcks = 0;
  #maybeFinalAcks = 0;
  /** What was told since the start: as the namespace's total, and by cause. */
  #told = 0;
  readonly #toldByCause = new Map<RefusedCause, number>();
  /**
   * By cookie (or what stands for it): sk_drops when it was looked at last, and what events had told ahead of
   * that.
   */
  #known = new Map<bigint, Known>();
  /** By cookie, or by address and port where the socket had no cookie yet. */
  readonly #seen = new Map<bigint | string, Seen>();
  #uncertain = false;
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
    this.#remember(start.listeners ?? [], new Map());
  }

  /** A drop with an event of its own whose socket listens in this namespace. */
  saw(event: DropEvent): void {
    const share = shareOfListener(event);
    if (share.listenDrops === 1) this.#finalAcks += 1;
    if (share.listenDrops === "maybe") {
      this.#maybeFinalAcks += 1;
      this.#uncertain = true;
    }
    const place = `${event.flow.daddr} ${event.flow.dport}`;
    const cookie = event.socket?.skCookie;
    const key = cookie ?? place;
    const seen = this.#seen.get(key) ?? { skDrops: 0, maybe: 0, cookie, place };
    seen.skDrops += share.skDrops + (share.listenDrops === 1 ? 1 : 0);
    seen.maybe += share.listenDrops === "maybe" ? 1 : 0;
    this.#seen.set(key, seen);
  }

  /** Whether the listeners must be asked: only where ListenDrops moved can there be anything to tell. */
  hasMoved(counters: ListenCounters): boolean {
    return counters.listenDrops !== this.#last.listenDrops;
  }

  /** Whether a reading must hold the listeners. */
  needsListeners(counters: ListenCounters): boolean {
    return !this.#hasBaseline || this.hasMoved(counters);
  }

  /**
   * What was refused since the last time. `complete`: every event that belongs to the reading was given to
   * `saw`.
   */
  reckon(reading: Reading, complete: boolean): Reckoning {
    const { before, listeners, after } = reading;
    const atLeast = this.#untold(before);
    const atMost = this.#untold(after);
    const moved = this.hasMoved(before);
    this.#last = before;
    const isAhead = !moved && atLeast < 0;
    if (isAhead && this.#wasAhead) this.#told += atLeast;
    this.#wasAhead = isAhead;
    if (listeners === undefined)
      return atLeast > 0 ? this.#tell([], atLeast, atLeast, after, !complete || this.#uncertain) : NOTHING;
    const hadBaseline = this.#hasBaseline;
    this.#hasBaseline = true;
    if (!hadBaseline && atMost <= 0) {
      this.#seen.clear();
      this.#remember(listeners, new Map());
      return NOTHING;
    }
    const rises = this.#rises(listeners, after);
    this.#remember(listeners, rises);
    const risen = listeners
      .filter(({ cookie }) => (rises.get(cookie) ?? 0) > 0)
      .map((listener) => ({ listener, count: rises.get(listener.cookie) ?? 0 }));
    const sum = risen.reduce((total, { count }) => total + count, 0);
    const uncertain = !complete || !hadBaseline || this.#uncertain || sum > atMost;
    this.#uncertain = false;
    const total = sum > atMost ? atLeast : Math.max(sum, atLeast);
    if (total <= 0) return NOTHING;
    return this.#tell(
      risen.map(({ listener, count }) => ({ listener, count: Math.min(count, total) })),
      total - sum,
      total,
      after,
      uncertain,
    );
  }

  /**
   * Refused since the start and not told yet. Negative where events or listeners were ahead of the counters.
   */
  #untold(now: ListenCounters): number {
    return now.listenDrops - this.#start.listenDrops - this.#visible(now) - this.#told;
  }

  /**
   * Events of kind (b). Before Linux 6.15 an ACK put off by TCP_DEFER_ACCEPT looks the same, and has a
   * counter.
   */
  #visible(now: ListenCounters): number {
    return (
      this.#finalAcks +
      Math.max(0, this.#maybeFinalAcks - (now.deferAcceptDrops - this.#start.deferAcceptDrops))
    );
  }

  /** By cookie: the rise of sk_drops without what events explain; negative where events are ahead. */
  #rises(listeners: readonly Listener[], now: ListenCounters): ReadonlyMap<bigint, number> {
    const deferred = now.deferAcceptDrops > this.#start.deferAcceptDrops;
    const explained = ({ skDrops, maybe }: Seen): number => skDrops + (deferred ? 0 : maybe);
    const rises = new Map<bigint, number>();
    for (const listener of listeners) {
      const known = this.#lastOf(listener);
      // sk_drops is an atomic_t, and wraps.
      let rise = ((listener.drops - known.drops) | 0) - known.owed;
      for (const [key, seen] of this.#seen) {
        if (!isOf(seen, listener)) continue;
        rise -= explained(seen);
        this.#seen.delete(key);
      }
      rises.set(listener.cookie, rise);
    }
    this.#seen.clear();
    return rises;
  }

  /**
   * Where no cookie tells a socket from others, another may lie at its address soon after it was freed: it
   * begins at 0.
   */
  #lastOf(listener: Listener): Known {
    const known = this.#known.get(listener.cookie);
    const isAnother =
      listener.skCookie === undefined &&
      known !== undefined &&
      (known.place !== placeOf(listener) || listener.drops < known.drops);
    return known === undefined || isAnother ? { drops: 0, owed: 0, place: placeOf(listener) } : known;
  }

  /** An event that was ahead of sk_drops is waited for once. */
  #remember(listeners: readonly Listener[], rises: ReadonlyMap<bigint, number>): void {
    const before = this.#known;
    this.#known = new Map(
      listeners.map((listener) => {
        const { cookie, drops } = listener;
        const owed = (before.get(cookie)?.owed ?? 0) > 0 ? 0 : Math.max(0, -(rises.get(cookie) ?? 0));
        return [cookie, { drops, owed, place: placeOf(listener) }];
      }),
    );
  }

  #tell(
    risen: readonly { readonly listener: Listener; readonly count: number }[],
    rest: number,
    total: number,
    now: ListenCounters,
    uncertain: boolean,
  ): Reckoning {
    this.#told += total;
    const byCause = this.#causes(total, now);
    for (const [cause, count] of byCause)
      this.#toldByCause.set(cause, (this.#toldByCause.get(cause) ?? 0) + count);
    const shares: { listener: Listener | undefined; count: number }[] =
      rest > 0 ? [...risen, { listener: undefined, count: rest }] : [...risen];
    const [only] = shares;
    if (only !== undefined && shares.length === 1) {
      const { listener } = only;
      return {
        byCause,
        refusals: [...byCause].map(([cause, count]) => ({ cause, count, listener, atMost: uncertain })),
      };
    }
    const cause = byCause.size === 1 ? [...byCause.keys()][0] : undefined;
    return {
      byCause,
      refusals: shares.map((share) => ({ ...share, cause: cause ?? "LISTEN_DROP", atMost: uncertain })),
    };
  }

  /** The total, by what the namespace's counters tell that was not told yet. */
  #causes(total: number, now: ListenCounters): ReadonlyMap<RefusedCause, number> {
    const untold = (cause: RefusedCause, rise: number, most: number): number =>
      Math.max(0, Math.min(most, rise - (this.#toldByCause.get(cause) ?? 0)));
    const accept = untold(
      "ACCEPT_QUEUE_FULL",
      now.listenOverflows - this.#start.listenOverflows - this.#visible(now),
      total,
    );
    const syn = untold("SYN_QUEUE_FULL", now.reqQFullDrops - this.#start.reqQFullDrops, total - accept);
    const causes: readonly (readonly [RefusedCause, number])[] = [
      ["ACCEPT_QUEUE_FULL", accept],
      ["SYN_QUEUE_FULL", syn],
      ["LISTEN_DROP", total - accept - syn],
    ];
    return new Map(causes.filter(([, count]) => count > 0));
  }
}

function placeOf({ address, port }: Listener): string {
  return `${address} ${port}`;
}

/** Cookies decide where both have one. */
function isOf({ cookie, place }: Seen, listener: Listener): boolean {
  return cookie !== undefined && listener.skCookie !== undefined
    ? cookie === listener.skCookie
    : takes(listener, place);
}

/** `key` is the address and port of a segment: whether this listener is where it went. */
function takes({ address, port, takesIpv4 }: Listener, key: string): boolean {
  const [daddr = "", dport] = key.split(" ");
  if (String(port) !== dport) return false;
  const v4 = !daddr.includes(":");
  return (
    address === daddr ||
    address === `::ffff:${daddr}` ||
    (address === "0.0.0.0" && v4) ||
    (address === "::" && (!v4 || takesIpv4))
  );
}
