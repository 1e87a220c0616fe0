/**
 * Watches the listening sockets of every network namespace that is traced, for SYNs that they refuse.
 *
 * One look reads a few counters of each namespace; its sockets are asked only where ListenDrops moved, for
 * the kernel's table of connections is searched to its end by every walk. A look happens every second, and
 * less often where looking takes long: it may take a thousandth of the time.
 */
import type { Btf } from "../btf/index.ts";
import { ListenerWalker } from "../capture/kinds/refused/listener-walker.ts";
import { lacking } from "../host/capabilities.ts";
import { NetnsFinder } from "../host/netns-finder.ts";
import type { DropEvent, RefusedCause, RefusedTotal } from "../model/index.ts";
import { RefusedTally } from "../reasons/refused-tally.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import type { Reading } from "./listener-reading.ts";
import { shareOfListener } from "./listener-share.ts";
import { NamespaceVisits } from "./namespace-visits.ts";
import { type CauseCount, type RefusedCount, RefusedLedger } from "./refused-ledger.ts";
import { type Look, type Refused, type RefusedWatch, refusedEvent } from "./refused-watch.ts";

const LOOK_INTERVAL_MS = 1000;
/**
 * How much of the time may go into looking, where nobody said which namespaces; longer than this is not
 * waited all the same.
 */
const SHARE = 1 / 1000;
const MAX_INTERVAL_MS = 10_000;
/** Everything is searched for namespaces this often; in between, new processes and names are. */
const FIND_ALL_MS = 10_000;
/**
 * In a look that took so long, listeners are not asked any more, but by the next one: those that nothing
 * happened to, and all.
 */
const BASELINE_BUDGET_MS = 50;
const LOOK_BUDGET_MS = 200;

export interface WatchOptions {
  /** Inode numbers; every namespace that can be found without it. */
  readonly netns: readonly number[] | undefined;
  readonly family: 4 | 6 | undefined;
  /**
   * The kernel tells the receiving socket of a drop (rx_sk). Without it the listener's own drops cannot be
   * told apart.
   */
  readonly tellsSocket: boolean;
}

interface Watched {
  readonly ledger: RefusedLedger;
  /** Drops from before belong to nothing that is reckoned. */
  readonly startedNs: bigint;
  sinceNs: bigint;
  /** Not there when the trace began, and not reckoned yet: what it counted may be from before. */
  isNew: boolean;
}

type Readings = ReadonlyMap<number, Reading>;

export class ListenerWatch implements RefusedWatch {
  readonly #walker: ListenerWalker;
  readonly #visits: NamespaceVisits;
  readonly #finder: NetnsFinder;
  readonly #options: WatchOptions;
  readonly #nowNs: () => bigint;
  readonly #watched = new Map<number, Watched>();
  readonly #tally = new RefusedTally();
  #hasWatched = false;
  #foundAllAt = performance.now();
  #visitsBeganAt = 0;
  #pauseMs = LOOK_INTERVAL_MS;
  #timer: NodeJS.Timeout | undefined;

  private constructor(sys: Syscalls, walker: ListenerWalker, options: WatchOptions, nowNs: () => bigint) {
    this.#walker = walker;
    this.#visits = new NamespaceVisits(sys, walker);
    this.#finder = new NetnsFinder(options.netns);
    this.#options = options;
    this.#nowNs = nowNs;
    this.#finder.findAll();
    const times = new Map<number, bigint>();
    const wanted = (inode: number): boolean => {
      times.set(inode, nowNs());
      return this.#hasTime(BASELINE_BUDGET_MS);
    };
    for (const [inode, reading] of this.#visit(wanted)) {
      const startedNs = times.get(inode) ?? nowNs();
      this.#watched.set(inode, {
        ledger: new RefusedLedger(reading),
        startedNs,
        sinceNs: startedNs,
        isNew: false,
      });
      this.#hasWatched = true;
    }
  }

  /**
   * Loads the iterator and takes the first look. Throws what loading and attaching throw. `nowNs` is wall
   * time.
   */
  static open(sys: Syscalls, btf: Btf, options: WatchOptions, nowNs: () => bigint): ListenerWatch {
    const walker = ListenerWalker.open(sys, btf);
    try {
      return new ListenerWatch(sys, walker, options, nowNs);
    } catch (failure) {
      walker[Symbol.dispose]();
      throw failure;
    }
  }

  get how(): string | undefined {
    return this.#watched.size === 0
      ? undefined
      : `counts of the listening sockets of ${this.#watched.size} network namespaces`;
  }

  get problem(): string | undefined {
    const [first] = this.#visits.refused.values();
    if (first !== undefined)
      return `SYNs refused in ${this.#visits.refused.size} network namespaces are not counted: ${first}`;
    if (this.#options.netns === undefined) return cannotLookEverywhere();
    const missing = this.#options.netns.filter((inode) => !this.#watched.has(inode));
    return missing.length === 0
      ? undefined
      : `SYNs refused in the network namespace ${missing.join(", ")} are not counted: no file leads there`;
  }

  wait(onReady: () => void): void {
    this.#timer = setTimeout(onReady, this.#pauseMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  get total(): RefusedTotal | undefined {
    return this.#hasWatched ? this.#tally.total : undefined;
  }

  saw(event: DropEvent): void {
    const netns = event.device?.netns;
    if (event.socket?.state !== "LISTEN" || netns === undefined) return;
    const watched = this.#watched.get(netns);
    if (watched === undefined || event.timeNs < watched.startedNs) return;
    const { daddr: address, dport: port } = event.flow;
    const share = shareOfListener(event, false);
    watched.ledger.recordDrop({ cookie: event.socket.skCookie, address, port, share });
  }

  /** Looks at all namespaces. */
  look(): Look {
    const before = process.cpuUsage();
    this.#find();
    const timeNs = this.#nowNs();
    let moved = false;
    const readings = this.#visit((inode, counters) => {
      const ledger = this.#watched.get(inode)?.ledger;
      const hasMoved = ledger?.hasMoved(counters) ?? counters.listenDrops > 0;
      moved ||= hasMoved;
      if (hasMoved) return this.#hasTime(LOOK_BUDGET_MS);
      return (ledger?.needsListeners(counters) ?? true) && this.#hasTime(BASELINE_BUDGET_MS);
    });
    const { user, system } = process.cpuUsage(before);
    if (this.#options.netns === undefined)
      this.#pauseMs = Math.min(MAX_INTERVAL_MS, Math.max(LOOK_INTERVAL_MS, (user + system) / 1000 / SHARE));
    return { moved, tell: (complete, isLast) => this.#reckon(readings, timeNs, complete, isLast) };
  }

  /** In the last look what was not asked now is told without its listener. */
  #reckon(readings: Readings, timeNs: bigint, complete: boolean, isLast: boolean): readonly Refused[] {
    const events: Refused[] = [];
    for (const [netns, reading] of readings) {
      const watched = this.#watched.get(netns) ?? this.#welcome(netns, timeNs);
      if (!isLast && reading.listeners === undefined && watched.ledger.hasMoved(reading.before)) continue;
      const isKnown = complete && this.#options.tellsSocket && !watched.isNew;
      const known = { complete: isKnown, acks: 0, certain: isKnown, final: isLast };
      const { refused: refusals, byCause } = watched.ledger.settle(watched.ledger.open(reading), known);
      const wanted = refusals.flatMap((refusal) => this.#ofFamily(refusal));
      this.#add(wanted, this.#options.family === undefined ? byCause : undefined);
      events.push(...wanted.map((refusal) => toEvent(refusal, netns, watched.sinceNs, timeNs)));
      watched.sinceNs = timeNs;
      watched.isNew = false;
    }
    for (const inode of this.#watched.keys()) if (!this.#finder.paths.has(inode)) this.#watched.delete(inode);
    return events;
  }

  /** One that appeared since: its counters began at 0 with it, unless it was hidden before. */
  #welcome(netns: number, timeNs: bigint): Watched {
    const zero = {
      listenDrops: 0,
      listenOverflows: 0,
      reqQFullDrops: 0,
      deferAcceptDrops: 0,
      syncookiesRecv: 0,
    };
    const watched: Watched = {
      ledger: new RefusedLedger({ before: zero, listeners: [], after: zero }),
      startedNs: timeNs,
      sinceNs: timeNs,
      isNew: true,
    };
    this.#watched.set(netns, watched);
    this.#hasWatched = true;
    return watched;
  }

  #find(): void {
    const now = performance.now();
    if (now - this.#foundAllAt < FIND_ALL_MS) return this.#finder.findNew();
    this.#foundAllAt = now;
    return this.#finder.findAll();
  }

  /** Where the namespaces were named, they are few, and there is always time for them. */
  #hasTime(budgetMs: number): boolean {
    return this.#options.netns !== undefined || performance.now() - this.#visitsBeganAt < budgetMs;
  }

  #visit(wanted: (inode: number, counters: Reading["before"]) => boolean): Readings {
    this.#visitsBeganAt = performance.now();
    this.#visits.keepOnly(this.#finder.paths);
    const readings = new Map<number, Reading>();
    for (const [inode, paths] of this.#finder.paths) {
      const reading = this.#visits.visit(inode, paths, (counters) => wanted(inode, counters));
      if (reading !== undefined) readings.set(inode, reading);
      // Gone, or to be found elsewhere: the next look tells.
      else if (!this.#visits.refused.has(inode)) this.#foundAllAt = Number.NEGATIVE_INFINITY;
    }
    return readings;
  }

  /** With -4 or -6: a listener for both families may have refused SYNs of either. */
  #ofFamily(refusal: RefusedCount): readonly RefusedCount[] {
    const { family } = this.#options;
    const { listener } = refusal;
    if (family === undefined) return [refusal];
    if (listener === undefined || (listener.ip === 6 && listener.takesIpv4))
      return [{ ...refusal, atMost: true }];
    return listener.ip === family ? [refusal] : [];
  }

  #add(refusals: readonly RefusedCount[], total: ReadonlyMap<RefusedCause, CauseCount> | undefined): void {
    if (total === undefined)
      for (const { cause, count, atMost } of refusals) this.#tally.add(cause, count, atMost);
    else for (const [cause, { count, atMost }] of total) this.#tally.add(cause, count, atMost);
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#walker[Symbol.dispose]();
  }
}

function toEvent(
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
          },
  });
}

/**
 * The namespaces of other processes are found by links in /proc, which are for those who may trace them, and
 * are entered by setns(2).
 */
function cannotLookEverywhere(): string | undefined {
  const missing = lacking(["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"]);
  return missing.length === 0
    ? undefined
    : `SYNs that listeners refuse are not counted in every network namespace: ${missing.join(" and ")} missing`;
}
