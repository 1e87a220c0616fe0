/** Wall-clock times as text. The text of a second is kept, since many drops share one. */

/** Three digits for each number below 1000. */
const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, "0"));

/** Formats nanoseconds since 1970. */
export type TimeFormatter = (timeNs: bigint) => string;

/** "2026-01-02T03:04:05.123456Z": RFC 3339 in UTC, cut (not rounded) to microseconds. */
export function utcTime(): TimeFormatter {
  return timeFormatter((date) => date.toISOString().slice(0, "2026-01-02T03:04:05".length), true, "Z");
}

/** "03:04:05", and ".123456" after it where `micros` is wanted, in the time zone of the process. */
export function localTimeOfDay(micros: boolean): TimeFormatter {
  return timeFormatter((date) => [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":"), micros, "");
}

function timeFormatter(secondText: (date: Date) => string, micros: boolean, suffix: string): TimeFormatter {
  let second = Number.NaN;
  let text = "";
  return (timeNs) => {
    // Microseconds since 1970 pass 2^53 in the year 2255.
    const us = Number(timeNs / 1000n);
    const now = Math.floor(us / 1_000_000);
    if (now !== second) {
      second = now;
      text = micros ? `${secondText(new Date(now * 1000))}.` : secondText(new Date(now * 1000));
    }
    if (!micros) return text;
    const rest = us - now * 1_000_000;
    const ms = Math.floor(rest / 1000);
    return text + THREE_DIGITS[ms] + THREE_DIGITS[rest - ms * 1000] + suffix;
  };
}
