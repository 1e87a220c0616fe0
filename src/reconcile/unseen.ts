/**
 * Drops without an event: counted at their site by the kernel program, and limited, lost, unread, or hidden
 * in the kernel. Only their reason and the function that dropped them are known.
 */
import { type EventCount, functionOf, type SiteKind } from "./event-counts.ts";

export interface SiteName {
  readonly reason: string | undefined;
  /** Undefined if the kernel gives no reason. */
  readonly subsystem: string | undefined;
  /** Undefined for all drops at further sites when the kernel's map of sites is full. */
  readonly location: string | undefined;
}

/** The drops at a site until a reading, in skbs. */
export interface SiteReading {
  readonly count: number;
  /** To be called at the end: the first name needs the kernel's symbols, which takes time. */
  readonly name: () => SiteName;
}

export interface ReadingsWithEvents {
  readonly before: readonly SiteReading[];
  readonly after: readonly SiteReading[];
  /** The events between the two. */
  readonly seen: readonly EventCount[];
  /**
   * How many drops had no event. A drop with an event that came just at a reading may be on either side of
   * it.
   */
  readonly most: number;
}

export interface DropsWithoutEvent {
  readonly kinds: readonly (SiteKind & { readonly skbs: number })[];
  /** Those whose site is unknown too. */
  readonly withoutSite: number;
}

interface Rest {
  readonly kind: SiteKind;
  skbs: number;
}

export function dropsWithoutEvent({ before, after, seen, most }: ReadingsWithEvents): DropsWithoutEvent {
  const rests = new Map<string, Rest>();
  let nowhere = 0;
  const add = ({ count, name }: SiteReading, sign: 1 | -1): void => {
    const { reason, subsystem, location } = name();
    if (location === undefined) nowhere += sign * count;
    else restOf(rests, { reason, subsystem, at: functionOf(location) }).skbs += sign * count;
  };
  for (const site of after) add(site, 1);
  for (const site of before) add(site, -1);
  for (const { source, reason, subsystem, at, skbs } of seen)
    if (source === "kfree_skb") restOf(rests, { reason, subsystem, at }).skbs -= skbs;
  settle([...rests.values()]);
  let left = most;
  const kinds = [...rests.values()].flatMap(({ kind, skbs }) => {
    const taken = Math.min(left, Math.max(0, skbs));
    left -= taken;
    return taken > 0 ? [{ ...kind, skbs: taken }] : [];
  });
  return { kinds, withoutSite: Math.min(left, Math.max(0, nowhere)) };
}

/**
 * If the kernel gives no reason, events may get one from their stack, and sites do not: then only the
 * function counts.
 */
function restOf(rests: Map<string, Rest>, kind: SiteKind): Rest {
  const key = `${reasonKey(kind)} ${kind.at}`;
  const known = rests.get(key);
  if (known !== undefined) return known;
  const rest = { kind, skbs: 0 };
  rests.set(key, rest);
  return rest;
}

function reasonKey({ subsystem, reason }: SiteKind): string {
  return subsystem === undefined ? "" : `${subsystem} ${reason}`;
}

/**
 * Events that were counted by their reason only (MAX_KINDS of event-counts.ts) were dropped at one of its
 * functions.
 */
function settle(rests: readonly Rest[]): void {
  for (const debtor of rests)
    for (const other of rests) {
      if (debtor.skbs >= 0) break;
      if (other.skbs <= 0 || reasonKey(other.kind) !== reasonKey(debtor.kind)) continue;
      const taken = Math.min(other.skbs, -debtor.skbs);
      other.skbs -= taken;
      debtor.skbs += taken;
    }
}
