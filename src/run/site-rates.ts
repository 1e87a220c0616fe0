/** A source's exact totals by site, named and put in order, with the rate since they were last read. */
import type { SiteCount } from "../model/index.ts";
import type { SiteTotal } from "../source/source.ts";

/** Fewer than this say little of a rate: they are counted over a longer time. */
const FEW = 10;
const LONGER_MS = 10_000;
/** Readings that are kept for it are at least so far apart. */
const APART_MS = 500;

interface Reading {
  readonly atMs: number;
  readonly counts: ReadonlyMap<string, number>;
}

export class SiteRates {
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
   * Most first; rates are of the time since the last `read`. Of a site where few were dropped since, of the
   * longest time, up to ten seconds, in which there were as few: what has ended is 0, and what is rare is
   * not.
   */
  read(totals: readonly SiteTotal[], nowMs: number): readonly SiteCount[] {
    const before = this.#before;
    const older = this.#older.filter(({ atMs }) => nowMs - atMs <= LONGER_MS);
    this.#before = { atMs: nowMs, counts: new Map(totals.map(({ key, count }) => [key, count])) };
    const isApart = nowMs - (older[0]?.atMs ?? Number.NEGATIVE_INFINITY) >= APART_MS;
    this.#older = isApart ? [this.#before, ...older] : older;
    return named(totals, (total) => {
      let since = before;
      for (const reading of older) {
        if (added(total, reading) >= FEW) break;
        if (reading.atMs < since.atMs) since = reading;
      }
      return added(total, since) / secondsBetween(since.atMs, nowMs);
    });
  }

  /** Most first; rates are of the whole run. */
  whole(totals: readonly SiteTotal[], nowMs: number): readonly SiteCount[] {
    const seconds = secondsBetween(this.#startedMs, nowMs);
    return named(totals, ({ count }) => count / seconds);
  }
}

/** What was not read at one reading may be read until the next, and be counted by its variant. */
function added({ key, count }: SiteTotal, { counts }: Reading): number {
  return Math.max(0, count - (counts.get(key) ?? 0));
}

function named(totals: readonly SiteTotal[], rate: (total: SiteTotal) => number): readonly SiteCount[] {
  return totals
    .map(
      (total): SiteCount => ({
        ...total.name(),
        count: total.count,
        lastNs: total.lastNs,
        perSecond: rounded(rate(total)),
      }),
    )
    .sort((a, b) => b.count - a.count || (a.location ?? "").localeCompare(b.location ?? ""));
}

/** To whole drops a second, and three digits where there are fewer than a hundred. */
function rounded(rate: number): number {
  return rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(3));
}

/** A rate over no time at all would be no number. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(1, toMs - fromMs) / 1000;
}
