/**
 * The ledgers of all namespaces that are watched, and what they have in common: last ACKs whose namespace is
 * not known, and the totals of the run.
 *
 * While a round is under way, and until it is settled, what happened after a namespace was looked at is held
 * back for the next round.
 */
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";
import type { DropEvent, RefusedCause, RefusedTotal } from "../model/index.ts";
import { RefusedTally } from "../reasons/refused-tally.ts";
import {
  type AckShare,
  type AckShares,
  EVERY_ACK_HAS_AN_EVENT,
  LastAcks,
  type SiteReading,
  shareAcks,
} from "./last-acks.ts";
import type { ListenerRound, TimedReading } from "./listener-round.ts";
import { shareOfListener } from "./listener-share.ts";
import { countedEvent, ofFamily } from "./refused-counts.ts";
import { type OpenReading, type RefusedCount, RefusedLedger, type Settlement } from "./refused-ledger.ts";
import type { Refused } from "./refused-watch.ts";

/** A listening socket at the moment when it was closed. */
export interface ClosedListener {
  readonly netns: number;
  /** Wall time. */
  readonly timeNs: bigint;
  readonly listener: Listener;
}

export interface BooksOptions {
  readonly family: 4 | 6 | undefined;
  /**
   * The kernel gives the receiving socket of a drop (rx_sk). Without it the listener's own drops are not
   * known.
   */
  readonly givesSocket: boolean;
  /** The kernel turns drops away before it counts them by site. */
  readonly filters: boolean;
  /** The kernel gives last ACKs without room a reason of their own. */
  readonly lastAcksAreNamed: boolean;
}

interface Account {
  readonly ledger: RefusedLedger;
  /** What happened before belongs to nothing that is counted. */
  readonly startedNs: bigint;
  sinceNs: bigint;
  /** Not there when the trace began, and not settled yet: what it counted may be from before. */
  isNew: boolean;
}

/** How much is known of the drops until a round. */
export interface RoundEnd {
  readonly dropsComplete: boolean;
  readonly final: boolean;
  /** Every namespace that is traced was looked at. */
  readonly covers: boolean;
}

interface Opened {
  readonly netns: number;
  readonly account: Account;
  readonly isLate: boolean;
  readonly open: OpenReading;
}

/** Held back at most; what comes beyond is taken as if it had been before, until the next round. */
const MAX_HELD = 4096;

const ZERO = { listenDrops: 0, listenOverflows: 0, reqQFullDrops: 0, deferAcceptDrops: 0, syncookiesRecv: 0 };

export class ListenerBooks {
  readonly #options: BooksOptions;
  readonly #accounts = new Map<number, Account>();
  readonly #lastAcks: LastAcks;
  readonly #tally = new RefusedTally();
  #round: ListenerRound | undefined;
  readonly #held: (() => void)[] = [];
  #hasOpened = false;

  constructor(options: BooksOptions, start: SiteReading) {
    this.#options = options;
    this.#lastAcks = new LastAcks(start, options.lastAcksAreNamed);
  }

  /** How many namespaces are watched. */
  get size(): number {
    return this.#accounts.size;
  }

  /** Undefined where no namespace could ever be looked at. */
  get total(): RefusedTotal | undefined {
    return this.#hasOpened ? this.#tally.total : undefined;
  }

  /** Inode numbers of these. */
  get namespaces(): readonly number[] {
    return [...this.#accounts.keys()];
  }

  ledgerOf(netns: number): RefusedLedger | undefined {
    return this.#accounts.get(netns)?.ledger;
  }

  /** From this reading on the namespace is watched. */
  openAccount(netns: number, reading: TimedReading): void {
    const { timeNs } = reading;
    this.#open(netns, {
      ledger: new RefusedLedger(reading),
      startedNs: timeNs,
      sinceNs: timeNs,
      isNew: false,
    });
  }

  /** One that appeared since: its counters began at 0 with it, unless it was hidden before. */
  #addNamespace(netns: number, timeNs: bigint): Account {
    const ledger = new RefusedLedger({ before: ZERO, listeners: undefined, after: ZERO });
    return this.#open(netns, { ledger, startedNs: timeNs, sinceNs: timeNs, isNew: true });
  }

  #open(netns: number, account: Account): Account {
    this.#accounts.set(netns, account);
    this.#hasOpened = true;
    return account;
  }

  recordDrop(event: DropEvent): void {
    const netns = event.device?.netns;
    if (event.socket?.state !== "LISTEN" || netns === undefined) return;
    const { timeNs } = event;
    const { daddr: address, dport: port } = event.flow;
    const cookie = event.socket.skCookie;
    const share = shareOfListener(event, this.#options.lastAcksAreNamed);
    this.#inOrder(netns, timeNs, () => {
      this.#lastAcks.record(share.countedAs);
      const account = this.#accounts.get(netns);
      if (account !== undefined && timeNs >= account.startedNs)
        account.ledger.recordDrop({ cookie, address, port, share });
    });
  }

  recordClosed({ netns, timeNs, listener }: ClosedListener): void {
    this.#inOrder(netns, timeNs, () => {
      const account = this.#accounts.get(netns);
      if (account !== undefined && timeNs >= account.startedNs) account.ledger.recordClosed(listener);
    });
  }

  #inOrder(netns: number, timeNs: bigint, record: () => void): void {
    const looked = this.#round?.readings.get(netns)?.timeNs;
    if (looked !== undefined && timeNs > looked && this.#held.length < MAX_HELD) this.#held.push(record);
    else record();
  }

  /** A round begins; one that was not settled is void. */
  begin(round: ListenerRound): void {
    this.abandon();
    this.#round = round;
  }

  /** It was begun, and neither settled nor given up. */
  isUnderWay(round: ListenerRound): boolean {
    return this.#round === round;
  }

  /** There will be no settlement of the round. */
  abandon(): void {
    this.#round = undefined;
    for (const record of this.#held.splice(0)) record();
  }

  /** What was refused until the round. In the last one, listeners that were not asked are not named. */
  settle(round: ListenerRound, end: RoundEnd): readonly Refused[] {
    const opened: Opened[] = [];
    let isPutOff = false;
    for (const [netns, reading] of round.readings) {
      const account = this.#accounts.get(netns) ?? this.#addNamespace(netns, round.timeNs);
      const { ledger } = account;
      if (!end.final && reading.listeners === undefined && ledger.hasMoved(reading.before)) isPutOff = true;
      else opened.push({ netns, account, isLate: reading.isLate, open: ledger.open(reading) });
    }
    const complete = end.dropsComplete && this.#options.givesSocket;
    const { shares, left, leftHere } = this.#shareAcks(round, opened, complete, end.covers && !isPutOff);
    if (isPutOff) this.#lastAcks.keepBack(left);
    const settled = opened.map((one, at) => ({
      ...one,
      settlement: settleOne(one, shares[at] ?? { acks: 0, certain: true }, complete, end.final),
    }));
    const events = settled.flatMap(({ netns, account, settlement }) => {
      const { sinceNs } = account;
      account.sinceNs = round.timeNs;
      account.isNew = false;
      return this.#count(settlement).map((one) => countedEvent(one, netns, sinceNs, round.timeNs));
    });
    this.#takeOff(
      leftHere,
      settled.map(({ settlement }) => settlement),
    );
    this.abandon();
    return events;
  }

  #shareAcks(
    { sites }: ListenerRound,
    opened: readonly Opened[],
    complete: boolean,
    covers: boolean,
  ): AckShares {
    const { filters, givesSocket } = this.#options;
    const acks = sites === undefined ? EVERY_ACK_HAS_AN_EVENT : this.#lastAcks.settle(sites, complete);
    const uncertain = acks.uncertain || !givesSocket || (filters && !complete);
    return shareAcks(
      { ...acks, uncertain },
      opened.map(({ open }) => open.room),
      covers,
    );
  }

  #count({ refused, byCause }: Settlement): readonly RefusedCount[] {
    const { family } = this.#options;
    const wanted = refused.flatMap((one) => ofFamily(one, family));
    if (family === undefined)
      for (const [cause, { count, atMost }] of byCause) this.#tally.add(cause, count, atMost);
    else for (const { cause, count, atMost } of wanted) this.#tally.add(cause, count, atMost);
    return wanted;
  }

  /** Last ACKs of one namespace or another were counted in each: in the total they are not. */
  #takeOff(left: number, settlements: readonly Settlement[]): void {
    if (left === 0 || this.#options.family !== undefined) return;
    const cause: RefusedCause = "ACCEPT_QUEUE_FULL";
    const counted = settlements.reduce((sum, { byCause }) => sum + (byCause.get(cause)?.count ?? 0), 0);
    this.#tally.add(cause, -Math.min(left, counted), true);
  }

  /** The namespace has gone: what its sockets refused is known of those that were seen closing. */
  closeAccount(netns: number, timeNs: bigint): readonly Refused[] {
    const account = this.#accounts.get(netns);
    if (account === undefined) return [];
    this.#accounts.delete(netns);
    const { ledger, sinceNs } = account;
    return this.#count(ledger.settleClosed()).map((one) => countedEvent(one, netns, sinceNs, timeNs));
  }
}

function settleOne(
  { account, isLate, open }: Opened,
  { acks, certain }: AckShare,
  complete: boolean,
  final: boolean,
): Settlement {
  const isSure = !isLate && !account.isNew;
  return account.ledger.settle(open, {
    complete: complete && isSure,
    acks,
    certain: certain && isSure,
    final,
  });
}
