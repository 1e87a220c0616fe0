/** Small text shared by sinks: times, endpoints, and making text from outside harmless. */
import type { DropEvent } from "../event.ts";

const NS_PER_MS = 1_000_000n;
const TWO_DIGITS = Array.from({ length: 100 }, (_unused, value) => String(value).padStart(2, "0"));

/** "2026-01-02T03:04:05.123456Z": RFC 3339, UTC, microseconds. */
export function formatUtc(timeNs: bigint): string {
  const micros = Number((timeNs / 1000n) % 1000n);
  return `${new Date(Number(timeNs / NS_PER_MS)).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}

/** "03:04:05" in local time. */
export function formatLocalTime(timeNs: bigint): string {
  const date = new Date(Number(timeNs / NS_PER_MS));
  return `${TWO_DIGITS[date.getHours()]}:${TWO_DIGITS[date.getMinutes()]}:${TWO_DIGITS[date.getSeconds()]}`;
}

/** "192.0.2.1:80", "[2001:db8::1]:80"; "-" for a port that could not be read. */
export function formatEndpoint(address: string, port: number | undefined, ip: 4 | 6): string {
  return `${ip === 6 ? `[${address}]` : address}:${port ?? "-"}`;
}

/** Control characters, and those that turn the direction of text, as \xNN or \u{NNNN}. */
export function harmless(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** The reason's name, or its number where the kernel gives no name. */
export function reasonText(event: Pick<DropEvent, "reason" | "reasonCode">): string {
  return event.reason ?? String(event.reasonCode);
}

/** Each frame on its line behind a tab, then an empty line, as bcc prints it. */
export function formatStack(stack: readonly string[]): string {
  return `${stack.map((frame) => `\t${harmless(frame)}\n`).join("")}\n`;
}
