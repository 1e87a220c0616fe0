/**
 * Wall-clock times as text. The text of a second is kept, since many drops share one: of each only the
 * fraction is made.
 */

import { type ByteWriter, type Encoded, encoded } from "../bytes/byte-writer.ts";
import { type Base, excessOver, setBase, thousands } from "../bytes/halves.ts";

const NS_PER_SECOND = 1_000_000_000;
const US_PER_SECOND = 1_000_000;

/** Writes nanoseconds since 1970. */
export type TimeWriter = (timeNs: bigint, out: ByteWriter) => void;

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
  const end = encoded(suffix ?? "");
  /** The second of the time before: when it began, and its text. */
  const began: Base = { low: 0, high: 0 };
  let start: Encoded | undefined;
  return (timeNs, out) => {
    let ns = excessOver(began, timeNs);
    if (start === undefined || ns < 0 || ns >= NS_PER_SECOND) {
      const second = Math.floor(thousands(timeNs) / US_PER_SECOND);
      setBase(began, BigInt(second) * BigInt(NS_PER_SECOND));
      start = encoded(secondText(new Date(second * 1000)));
      ns = excessOver(began, timeNs);
    }
    out.append(start);
    if (suffix === undefined) return;
    const us = (ns / 1000) | 0;
    const ms = (us / 1000) | 0;
    out.digits(ms, 3);
    out.digits(us - ms * 1000, 3);
    out.append(end);
  };
}

/** "2026-01-02 03:04:05 UTC+1": for what is read once. */
export function dateAndZone(timeNs: bigint): string {
  const date = new Date(Math.floor(thousands(timeNs) / 1000));
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${day} ${time} ${zoneText(-date.getTimezoneOffset())}`;
}

function zoneText(minutes: number): string {
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "-" : "+"}${hours}${rest === 0 ? "" : `:${String(rest).padStart(2, "0")}`}`;
}
