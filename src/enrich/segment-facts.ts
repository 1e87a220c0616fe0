/**
 * What variants of reasons depend on, of one drop, as bits of one number: drops at a site with the same number,
 * and the same stack where that counts, are of one variant.
 */
import type { SegmentConditions } from "../reasons/index.ts";

/** Bits 0 to 8: SegmentReader.flagBits(). */
const FLAGS = 0x1ff;
/** Bits 9 to 16: the state's number, 0 without a socket. */
const STATE_AT = 9;
const STATE = 0xff << STATE_AT;
/** Bits 17 and 18, 19 and 20: lengthBits(). */
const PAYLOAD_AT = 17;
const PAYLOAD = 3 << PAYLOAD_AT;
const SKB_AT = 19;
const SKB = 3 << SKB_AT;
/** Bits 21 and 22: one of COPY, or 3. */
const COPY_AT = 21;
const COPY = 3 << COPY_AT;
/** Bits 23 and 24: HINT. */
const HINTS_AT = 23;
const HINTS = 3 << HINTS_AT;
const OWN_MAC = 1 << 25;

/** The destination is one that isNotUnicast(); looked at only where it counts. */
export const NOT_UNICAST = 1 << 26;
/** Of what counts at a site alone: the stack does. */
export const STACK = 1 << 27;

/** What each condition depends on. */
const ASKED: Readonly<Record<keyof SegmentConditions, number>> = {
  states: STATE,
  withoutState: STATE,
  stateMayBeUnknown: STATE,
  flags: FLAGS,
  withFlag: FLAGS,
  withoutFlags: FLAGS,
  payloadLen: PAYLOAD,
  skbLen: SKB,
  ownMac: OWN_MAC,
  notUnicast: NOT_UNICAST,
  copy: COPY,
  acksNewData: HINTS,
  windowClosed: HINTS,
  callers: STACK,
  nearest: STACK,
};
const CONDITIONS = Object.keys(ASKED) as readonly (keyof SegmentConditions)[];

/** The bits that count where these are the variants. */
export function askedFacts(rows: readonly SegmentConditions[]): number {
  let asked = 0;
  for (const row of rows)
    for (const condition of CONDITIONS) if (row[condition] !== undefined) asked |= ASKED[condition];
  return asked;
}

/** All but NOT_UNICAST; each as its reader gives it. */
export function segmentFacts(
  flagBits: number,
  state: number,
  payloadLen: number | undefined,
  skbLen: number | undefined,
  copy: number,
  hints: number,
  ownMac: boolean,
): number {
  return (
    flagBits |
    (state << STATE_AT) |
    (lengthBits(payloadLen) << PAYLOAD_AT) |
    (lengthBits(skbLen) << SKB_AT) |
    (Math.min(copy, 3) << COPY_AT) |
    ((hints << HINTS_AT) & HINTS) |
    (ownMac ? OWN_MAC : 0)
  );
}

/** No row asks for a length of more than one byte. */
function lengthBits(length: number | undefined): number {
  if (length === undefined) return 3;
  return length > 1 ? 2 : length;
}
