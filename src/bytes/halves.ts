/** 64-bit values as two 32-bit halves, because shifting allocates bigints: for the hot path of the sinks. */
import { HOST_LITTLE_ENDIAN } from "./endian.ts";

const value = new BigUint64Array(1);
const halves = new Uint32Array(value.buffer);
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

/**
 * How much greater the value is than another that is given in halves: where that is less than 2^32. Else a
 * negative number, or one of 2^32 and more.
 */
export function excessOver(low: number, high: number, whole: bigint): number {
  value[0] = whole;
  const wholeHigh = halves[1 - LOW] ?? 0;
  const difference = (halves[LOW] ?? 0) - low;
  if (wholeHigh === high) return difference;
  return wholeHigh === high + 1 ? difference + TWO_32 : -1;
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
