/** Whether the conditions of a variant hold. */
import {
  type KernelHas,
  NO_REASONS,
  type Segment,
  type SegmentConditions,
  type SiteConditions,
} from "./variant.ts";

/** What a site is known by. */
export interface SiteName {
  readonly reason: string | undefined;
  readonly subsystem: string | undefined;
  /** The function that dropped it: a bareSymbol(). */
  readonly symbol: string;
}

export function siteMatches(
  { reasons, symbols, kernelWithout, withoutReasons }: SiteConditions,
  { reason, subsystem, symbol }: SiteName,
  kernelHas: KernelHas,
): boolean {
  if (symbols !== undefined && !symbols.includes(symbol)) return false;
  if (kernelWithout !== undefined && kernelHas.has(kernelWithout)) return false;
  if (reasons === undefined) return true;
  if (subsystem === NO_REASONS) return withoutReasons === true;
  return subsystem === "CORE" && reason !== undefined && reasons.includes(reason);
}

export function segmentMatches(row: SegmentConditions, segment: Segment): boolean {
  const { flags } = segment;
  return (
    stateMatches(row, segment.state) &&
    (row.flags === undefined ||
      (flags?.length === row.flags.length && row.flags.every((flag) => flags.includes(flag)))) &&
    (row.withFlag === undefined || flags?.includes(row.withFlag) === true) &&
    (row.withoutFlag === undefined || flags?.includes(row.withoutFlag) === false) &&
    (row.payloadLen === undefined || row.payloadLen === segment.payloadLen) &&
    (row.skbLen === undefined || row.skbLen === segment.skbLen) &&
    (row.ownMac === undefined || row.ownMac === segment.ownMac) &&
    (row.copy === undefined || row.copy === segment.copy) &&
    callersMatch(row, segment.stack)
  );
}

/** Whether all drops at a site match that the row's SiteConditions let through. */
export function isUnconditional(row: SegmentConditions): boolean {
  const { states, flags, withFlag, withoutFlag, payloadLen, skbLen, ownMac, copy, callers } = row;
  return [states, flags, withFlag, withoutFlag, payloadLen, skbLen, ownMac, copy, callers].every(
    (condition) => condition === undefined,
  );
}

function stateMatches(row: SegmentConditions, state: string | undefined): boolean {
  if (row.states === undefined) return true;
  return state === undefined ? row.stateMayBeUnknown === true : row.states.includes(state);
}

function callersMatch({ callers }: SegmentConditions, stack: readonly string[] | undefined): boolean {
  return callers === undefined || (stack?.some((frame) => callers.includes(bareSymbol(frame))) ?? false);
}

/**
 * "neigh_flush_dev.isra.0+0x5c [module]" to "neigh_flush_dev": without offset, module, and suffix of the
 * compiler.
 */
export function bareSymbol(location: string): string {
  return /^[^.+ ]*/.exec(location)?.[0] ?? location;
}
