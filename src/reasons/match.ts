/** Whether the conditions of a variant hold. */
import type { TcpFlag } from "../model/index.ts";
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
  { reasons, symbols, kernelWith, kernelWithout, withoutReasons }: SiteConditions,
  { reason, subsystem, symbol }: SiteName,
  kernelHas: KernelHas,
): boolean {
  if (symbols !== undefined && !symbols.includes(symbol)) return false;
  if (kernelWithout !== undefined && kernelHas.has(kernelWithout)) return false;
  if (kernelWith?.every((name) => kernelHas.has(name)) === false) return false;
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
    (row.withoutFlags === undefined || withoutFlags(row.withoutFlags, flags)) &&
    (row.payloadLen === undefined || row.payloadLen === segment.payloadLen) &&
    (row.skbLen === undefined || row.skbLen === segment.skbLen) &&
    (row.ownMac === undefined || row.ownMac === segment.ownMac) &&
    (row.notUnicast === undefined || isNotUnicast(segment.daddr)) &&
    (row.copy === undefined || row.copy === segment.copy) &&
    (row.acksNewData === undefined || row.acksNewData === segment.acksNewData) &&
    (row.windowClosed === undefined || row.windowClosed === segment.windowClosed) &&
    callersMatch(row, segment.stack) &&
    isNearest(row, segment.stack)
  );
}

/** Whether all drops at a site match that the row's SiteConditions let through. */
export function isUnconditional(row: SegmentConditions): boolean {
  return SEGMENT_CONDITIONS.every((condition) => row[condition] === undefined);
}

const SEGMENT_CONDITIONS = Object.keys({
  states: 0,
  withoutState: 0,
  stateMayBeUnknown: 0,
  flags: 0,
  withFlag: 0,
  withoutFlags: 0,
  payloadLen: 0,
  skbLen: 0,
  ownMac: 0,
  notUnicast: 0,
  copy: 0,
  acksNewData: 0,
  windowClosed: 0,
  callers: 0,
  nearest: 0,
} satisfies Record<keyof SegmentConditions, 0>) as readonly (keyof SegmentConditions)[];

function withoutFlags(wanted: readonly TcpFlag[], flags: readonly TcpFlag[] | undefined): boolean {
  return flags !== undefined && !wanted.some((flag) => flags.includes(flag));
}

/** What the address itself says: a subnet's broadcast address looks like any other. */
export function isNotUnicast(daddr: string | undefined): boolean {
  return daddr !== undefined && /^(ff|22[4-9]\.|23\d\.|255\.255\.255\.255$|0\.0\.0\.0$)/.test(daddr);
}

function stateMatches(row: SegmentConditions, state: string | undefined): boolean {
  if (row.withoutState === true) return state === undefined;
  if (row.states === undefined) return true;
  return state === undefined ? row.stateMayBeUnknown === true : row.states.includes(state);
}

function callersMatch({ callers }: SegmentConditions, stack: readonly string[] | undefined): boolean {
  return callers === undefined || (stack?.some((frame) => isOneOf(frame, callers)) ?? false);
}

function isNearest({ nearest }: SegmentConditions, stack: readonly string[] | undefined): boolean {
  if (nearest === undefined) return true;
  const innermost = stack?.find((frame) => isOneOf(frame, nearest.among));
  return innermost !== undefined && isOneOf(innermost, nearest.callers);
}

/** Whether the frame is in one of the functions: the comparison of bareSymbol(), and no text is made. */
function isOneOf(frame: string, symbols: readonly string[]): boolean {
  return symbols.some((symbol) => {
    if (!frame.startsWith(symbol)) return false;
    const next = frame.charAt(symbol.length);
    return next === "" || next === "+" || next === "." || next === " ";
  });
}

/**
 * "neigh_flush_dev.isra.0+0x5c [module]" to "neigh_flush_dev": without offset, module, and suffix of the
 * compiler.
 */
export function bareSymbol(location: string): string {
  return /^[^.+ ]*/.exec(location)?.[0] ?? location;
}
