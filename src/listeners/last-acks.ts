/**
 * Last ACKs that a listening socket had no room for and that have no event: limited, lost, not read, or never
 * sent, as with --summary. ListenDrops counts them as it counts refused SYNs.
 *
 * The kernel's totals by site know how many there were, whatever was shown, but not in which namespace. What
 * each namespace counted itself says how many there can have been (AckRoom): mostly that leaves one answer.
 */
import { type CountedAs, siteCountedAs } from "./listener-share.ts";
import type { AckRoom } from "./refused-ledger.ts";

/** What was dropped at a site until now, whatever became of it. */
export interface SiteTotal {
  /** Identifies the site. */
  readonly key: string;
  readonly count: number;
  /** Asked where it matters: the first name takes reading the kernel's symbols. */
  readonly name: () => { readonly reason: string | undefined; readonly location: string | undefined };
}

/** The totals at two moments: they may have risen in between. */
export interface SiteReading {
  readonly first: readonly SiteTotal[];
  readonly last: readonly SiteTotal[];
}

export interface AcksWithoutEvent extends AckRoom {
  /** Drops that may be last ACKs or not; or the totals rose while namespaces were looked at. */
  readonly uncertain: boolean;
}

const NO_ACKS: AckRoom = { lastAcks: 0, cookies: 0 };
export const EVERY_ACK_HAS_AN_EVENT: AcksWithoutEvent = { ...NO_ACKS, uncertain: false };

type Sums = Readonly<Record<CountedAs, number>>;
const NONE: Sums = { "last-ack": 0, cookie: 0, maybe: 0 };

/** More sites than the kernel keeps apart. */
const MAX_SITES = 4096;

export class LastAcks {
  readonly #areNamed: boolean;
  readonly #sites = new Map<string, CountedAs | undefined>();
  /** At the last settlement, and the events since. */
  #before: SiteReading;
  #recorded: Sums = NONE;
  #keptBack: AckRoom = NO_ACKS;

  /** `areNamed`: this kernel gives them a reason of their own. */
  constructor(start: SiteReading, areNamed: boolean) {
    this.#before = start;
    this.#areNamed = areNamed;
  }

  /** One that has an event. */
  record(countedAs: CountedAs | undefined): void {
    if (countedAs !== undefined)
      this.#recorded = { ...this.#recorded, [countedAs]: this.#recorded[countedAs] + 1 };
  }

  /** Those since the last settlement. `complete`: there are none, and no site is named to find out. */
  settle(reading: SiteReading, complete: boolean): AcksWithoutEvent {
    const recorded = this.#recorded;
    const before = this.#before;
    this.#recorded = NONE;
    // What came between the two is for the next settlement.
    this.#before = { first: reading.first, last: reading.first };
    const keptBack = this.#keptBack;
    this.#keptBack = NO_ACKS;
    if (complete) return EVERY_ACK_HAS_AN_EVENT;
    const [from, until] = [this.#sums(before.last), this.#sums(reading.first)];
    const since = (kind: CountedAs): number => Math.max(0, until[kind] - from[kind] - recorded[kind]);
    return {
      lastAcks: since("last-ack") + keptBack.lastAcks,
      cookies: since("cookie") + keptBack.cookies,
      uncertain: since("maybe") > 0 || this.#moved(before) || this.#moved(reading),
    };
  }

  /** These are for the next settlement. */
  keepBack(acks: AckRoom): void {
    this.#keptBack = acks;
  }

  #moved({ first, last }: SiteReading): boolean {
    if (first === last) return false;
    const [before, after] = [this.#sums(first), this.#sums(last)];
    return before["last-ack"] !== after["last-ack"] || before.cookie !== after.cookie;
  }

  #sums(sites: readonly SiteTotal[]): Sums {
    const sums = { ...NONE };
    for (const site of sites) {
      const kind = this.#kindOf(site);
      if (kind !== undefined) sums[kind] += site.count;
    }
    return sums;
  }

  #kindOf({ key, name }: SiteTotal): CountedAs | undefined {
    if (this.#sites.has(key)) return this.#sites.get(key);
    if (this.#sites.size >= MAX_SITES) this.#sites.clear();
    const kind = siteCountedAs(name(), this.#areNamed);
    this.#sites.set(key, kind);
    return kind;
  }
}

/** Of the last ACKs without an event, those of each namespace. */
export interface AckShare {
  /** At least so many. */
  readonly acks: number;
  /** And no more. */
  readonly certain: boolean;
}

export interface AckShares {
  readonly shares: readonly AckShare[];
  /** What belongs to one or another of them, or to none. */
  readonly left: AckRoom;
  /** Of these, what surely belongs to one of them. */
  readonly leftHere: number;
}

/** Which namespaces they belong to. `covers`: in no other namespace there can have been any. */
export function shareAcks(open: AcksWithoutEvent, rooms: readonly AckRoom[], covers: boolean): AckShares {
  const shareOf = (kind: keyof AckRoom): KindShares =>
    shareKind(
      open[kind],
      rooms.map((room) => room[kind]),
      covers,
    );
  const [plain, cookies] = [shareOf("lastAcks"), shareOf("cookies")];
  return {
    shares: rooms.map((_room, at) => ({
      acks: (plain.atLeast[at] ?? 0) + (cookies.atLeast[at] ?? 0),
      certain: !open.uncertain && plain.certain[at] === true && cookies.certain[at] === true,
    })),
    left: { lastAcks: plain.left, cookies: cookies.left },
    leftHere: plain.leftHere + cookies.leftHere,
  };
}

interface KindShares {
  readonly atLeast: readonly number[];
  readonly certain: readonly boolean[];
  readonly left: number;
  readonly leftHere: number;
}

function shareKind(count: number, rooms: readonly number[], covers: boolean): KindShares {
  const sum = rooms.reduce((total, room) => total + room, 0);
  // More than there is room for: somebody else's, or of sockets that came and went.
  const fits = count <= sum;
  const atLeast = rooms.map((room) => (covers ? Math.min(room, Math.max(0, count - (sum - room))) : 0));
  const certain = rooms.map((room, at) => fits && atLeast[at] === Math.min(room, count));
  const left = count - atLeast.reduce((total, one) => total + one, 0);
  return { atLeast, certain, left, leftHere: covers && fits ? left : 0 };
}
