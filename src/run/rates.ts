/** How fast counts grow, from one reading to the next. */

/** Fewer than this say little of a rate: they are counted over a longer time. */
const FEW = 10;
const LONGER_MS = 10_000;
/** Readings that are kept for it are at least so far apart. */
const APART_MS = 500;

export interface Counted {
  /** The same thing has the same key in each reading. */
  readonly key: string;
  readonly count: number;
}

/** Per second, of something that was counted. */
type RateOf = (counted: Counted) => number;

interface Reading {
  readonly atMs: number;
  readonly counts: ReadonlyMap<string, number>;
}

export class Rates {
  readonly #startedMs: number;
  #before: Reading;
  /** Of the last ten seconds, the newest first. */
  #older: readonly Reading[];

  /** `nowMs` is any clock that only goes on. */
  constructor(nowMs: number) {
    this.#startedMs = nowMs;
    this.#before = { atMs: nowMs, counts: new Map() };
    this.#older = [this.#before];
  }

  /**
   * Rates are of the time since the last `read`. Where few were counted since, of the longest time, up to ten
   * seconds, in which there were as few: what has ended is 0, and what is rare is not.
   */
  read(counts: readonly Counted[], nowMs: number): RateOf {
    const before = this.#before;
    const older = this.#older.filter(({ atMs }) => nowMs - atMs <= LONGER_MS);
    this.#before = { atMs: nowMs, counts: new Map(counts.map(({ key, count }) => [key, count])) };
    const isApart = nowMs - (older[0]?.atMs ?? Number.NEGATIVE_INFINITY) >= APART_MS;
    this.#older = isApart ? [this.#before, ...older] : older;
    return (counted) => {
      let since = before;
      for (const reading of older) {
        if (added(counted, reading) >= FEW) break;
        if (reading.atMs < since.atMs) since = reading;
      }
      return added(counted, since) / secondsBetween(since.atMs, nowMs);
    };
  }

  /** Rates of the whole run. */
  whole(nowMs: number): RateOf {
    const seconds = secondsBetween(this.#startedMs, nowMs);
    return ({ count }) => count / seconds;
  }
}

/** To whole drops a second, and three digits where there are fewer than a hundred. */
export function rounded(rate: number): number {
  return rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(3));
}

/** What was not read at one reading may be read until the next, and be counted by its variant. */
function added({ key, count }: Counted, { counts }: Reading): number {
  return Math.max(0, count - (counts.get(key) ?? 0));
}

/** A rate over no time at all would be no number. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(1, toMs - fromMs) / 1000;
}
