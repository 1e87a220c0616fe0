/** Rates for people. */

/** "5,612/s", "8.1/s"; below one a second as it is: "0.3/s", "1 in 40 s". */
export function rateText(perSecond: number): string {
  if (perSecond <= 0) return "0/s";
  if (perSecond >= 10) return `${Math.round(perSecond).toLocaleString("en-US")}/s`;
  if (perSecond >= 0.1) return `${perSecond.toFixed(1)}/s`;
  return `1 in ${Math.round(1 / perSecond)} s`;
}

/** From here on a tenth says nothing. */
const WHOLE = 10;
const LEAST = 0.01;

/** For a column of drops a second: "12", "2.4", "0.3", "0.04"; 0 is for what does not happen. */
export function rateNumber(perSecond: number): string {
  if (perSecond >= WHOLE) return String(Math.round(perSecond));
  if (perSecond >= 0.1) return String(Number(perSecond.toFixed(1)));
  if (perSecond >= LEAST) return String(Number(perSecond.toFixed(2)));
  return perSecond > 0 ? `<${LEAST}` : "0";
}
