/** Times and sums in tables of totals. */
import { textOf } from "./sink.ts";
import { localTimeOfDay } from "./time-text.ts";

const second = localTimeOfDay(false);

/** The second of the day. */
export function timeText(timeNs: bigint): string {
  return textOf((to) => second(timeNs, to));
}

export function shareText(count: number, sum: number): string {
  return `${((100 * count) / sum).toFixed(1)}%`;
}

export function countOf(counted: readonly { readonly count: number }[]): number {
  return counted.reduce((sum, { count }) => sum + count, 0);
}

export function rateOf(counted: readonly { readonly perSecond: number }[]): number {
  return counted.reduce((sum, { perSecond }) => sum + perSecond, 0);
}
