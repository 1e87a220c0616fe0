/** Rates for people. */

/** "5,612/s", "8.1/s"; below one a second as it is: "0.3/s", "1 in 40 s". */
export function rateText(perSecond: number): string {
  if (perSecond <= 0) return "0/s";
  if (perSecond >= 10) return `${Math.round(perSecond).toLocaleString("en-US")}/s`;
  if (perSecond >= 0.1) return `${perSecond.toFixed(1)}/s`;
  return `1 in ${Math.round(1 / perSecond)} s`;
}
