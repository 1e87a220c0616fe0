/**
 * Wall-clock times as text. The text of a second is kept, since many drops share one: of each only the
 * fraction is made.
 */
import { thousands } from "../bytes/halves.ts";
import { type Piece, piece, type TextBytes } from "../bytes/text-bytes.ts";

/** Writes nanoseconds since 1970. */
export type TimeWriter = (timeNs: bigint, out: TextBytes) => void;

/**
 * "2026-01-02T03:04:05.123456Z": RFC 3339 in UTC, cut (not rounded) to microseconds; between these other
 * texts.
 */
export function utcTime(before = "", after = ""): TimeWriter {
  return timeWriter(
    (date) => `${before}${date.toISOString().slice(0, "2026-01-02T03:04:05".length)}.`,
    `Z${after}`,
  );
}

/** "03:04:05", and ".123456" after it where `micros` is wanted, in the time zone of the process. */
export function localTimeOfDay(micros: boolean): TimeWriter {
  return timeWriter(
    (date) => {
      const text = [date.getHours(), date.getMinutes(), date.getSeconds()]
        .map((n) => String(n).padStart(2, "0"))
        .join(":");
      return micros ? `${text}.` : text;
    },
    micros ? "" : undefined,
  );
}

/** `suffix` stands behind the microseconds; undefined: there are none. */
function timeWriter(secondText: (date: Date) => string, suffix: string | undefined): TimeWriter {
  const end = piece(suffix ?? "");
  let second = Number.NaN;
  let start: Piece = end;
  return (timeNs, out) => {
    // Microseconds since 1970 pass 2^53 in the year 2255.
    const us = thousands(timeNs);
    const now = Math.floor(us / 1_000_000);
    if (now !== second) {
      second = now;
      start = piece(secondText(new Date(now * 1000)));
    }
    out.put(start);
    if (suffix === undefined) return;
    const rest = us - now * 1_000_000;
    const ms = (rest / 1000) | 0;
    out.digits(ms, 3);
    out.digits(rest - ms * 1000, 3);
    out.put(end);
  };
}
