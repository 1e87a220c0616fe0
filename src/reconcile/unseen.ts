/**
 * Drops that the kernel's program counted at their place, and of which there is no event: limited, lost,
 * unread, or hidden in the kernel. Their reason and the function that dropped them are known, and nothing
 * else.
 */
import { type EventCount, functionOf, type UntoldKind } from "./event-counts.ts";

export interface PlaceName {
  readonly reason: string | undefined;
  /** Undefined where the kernel tells no reason. */
  readonly subsystem: string | undefined;
  /** Undefined for all that came when the kernel's map of places was full. */
  readonly location: string | undefined;
}

/** What was dropped for a reason at a location until a reading. In skbs. */
export interface PlaceReading {
  readonly count: number;
  /** To be asked at the end: the first name takes reading the kernel's symbols. */
  readonly name: () => PlaceName;
}

export interface UnseenInput {
  readonly before: readonly PlaceReading[];
  readonly after: readonly PlaceReading[];
  /** The events between the two. */
  readonly seen: readonly EventCount[];
  /**
   * How many drops had no event: what comes just at a reading may lie on either side, and is no such drop.
   */
  readonly most: number;
}

export interface UnseenDrops {
  readonly kinds: readonly (UntoldKind & { readonly skbs: number })[];
  /** Those of which the place is not known either. */
  readonly untold: number;
}

interface Rest {
  readonly kind: UntoldKind;
  skbs: number;
}

export function unseenDrops({ before, after, seen, most }: UnseenInput): UnseenDrops {
  const rests = new Map<string, Rest>();
  let nowhere = 0;
  const add = ({ count, name }: PlaceReading, sign: 1 | -1): void => {
    const { reason, subsystem, location } = name();
    if (location === undefined) nowhere += sign * count;
    else restOf(rests, { reason, subsystem, at: functionOf(location) }).skbs += sign * count;
  };
  for (const place of after) add(place, 1);
  for (const place of before) add(place, -1);
  for (const { source, reason, subsystem, at, skbs } of seen)
    if (source === "kfree_skb") restOf(rests, { reason, subsystem, at }).skbs -= skbs;
  settle([...rests.values()]);
  let left = most;
  const kinds = [...rests.values()].flatMap(({ kind, skbs }) => {
    const taken = Math.min(left, Math.max(0, skbs));
    left -= taken;
    return taken > 0 ? [{ ...kind, skbs: taken }] : [];
  });
  return { kinds, untold: Math.min(left, Math.max(0, nowhere)) };
}

/**
 * Where the kernel tells no reason, events may be told theirs by their stacks, and places not: there the
 * function alone counts.
 */
function restOf(rests: Map<string, Rest>, kind: UntoldKind): Rest {
  const key = `${reasonKey(kind)} ${kind.at}`;
  const known = rests.get(key);
  if (known !== undefined) return known;
  const rest = { kind, skbs: 0 };
  rests.set(key, rest);
  return rest;
}

function reasonKey({ subsystem, reason }: UntoldKind): string {
  return subsystem === undefined ? "" : `${subsystem} ${reason}`;
}

/**
 * Events that were counted by their reason alone (MAX_KINDS of event-counts.ts) were dropped at one of its
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
