/** 64-bit values as two 32-bit halves, because shifting allocates bigints: for the hot path of the sinks. */
import { HOST_LITTLE_ENDIAN } from "./endian.ts";

const value = new BigUint64Array(1);
const halves = new Uint32Array(value.buffer);
const signedHalves = new Int32Array(value.buffer);
const SIGN = 1 << 31;
const LOW = HOST_LITTLE_ENDIAN ? 0 : 1;
const TWO_32 = 0x1_0000_0000;

/** Bits 0 to 31. */
export function lowHalf(whole: bigint): number {
  value[0] = whole;
  return halves[LOW] ?? 0;
}

/** Bits 32 to 63. */
export function highHalf(whole: bigint): number {
  value[0] = whole;
  return halves[1 - LOW] ?? 0;
}

/** A value to count from, in halves that are taken for signed: so that they are small integers to the engine. */
export interface Base {
  low: number;
  high: number;
}

/** From now on `base` is this value. */
export function setBase(base: Base, whole: bigint): void {
  value[0] = whole;
  base.low = signedHalves[LOW] ?? 0;
  base.high = signedHalves[1 - LOW] ?? 0;
}

/** How much greater the value is than the base, round 2^64: below 2^31; -1 where it is more than that. */
export function excessOver({ low: baseLow, high: baseHigh }: Base, whole: bigint): number {
  value[0] = whole;
  const low = signedHalves[LOW] ?? 0;
  const difference = (low - baseLow) | 0;
  // Signed numbers with their highest bit turned are in the order of unsigned ones.
  const carry = (low ^ SIGN) < (baseLow ^ SIGN) ? 1 : 0;
  return difference >= 0 && ((baseHigh + carry) | 0) === signedHalves[1 - LOW] ? difference : -1;
}

/** The value as a number if it is below 2^53, else undefined. */
export function asExactNumber(whole: bigint): number | undefined {
  value[0] = whole;
  const high = halves[1 - LOW] ?? 0;
  return high < 0x20_0000 ? high * TWO_32 + (halves[LOW] ?? 0) : undefined;
}

/**
 * An unsigned value divided by 1,000, rounded down; exact up to a quotient of 2^53. 2^32 is 4,294,967
 * thousands and 296.
 */
export function thousands(whole: bigint): number {
  value[0] = whole;
  const high = halves[1 - LOW] ?? 0;
  return high * 4_294_967 + Math.floor((high * 296 + (halves[LOW] ?? 0)) / 1000);
}
