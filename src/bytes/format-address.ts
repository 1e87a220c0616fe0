/** IP addresses as text, written by hand because this is on the hot path. */

/** By byte. */
const DECIMAL: readonly string[] = Array.from({ length: 256 }, (_unused, value) => String(value));
/**
 * Room for an IPv6 address: eight groups of four digits, and the colons between them. Text is made of bytes,
 * for a string that is joined from many parts is copied once more when it is read.
 */
const scratch = Buffer.alloc(39);
const COLON = 0x3a;
const HEX_DIGITS = Buffer.from("0123456789abcdef");
const GROUPS = 8;
const MAPPED_PREFIX = "::ffff:";
const MAPPED_GROUPS = 5;

export function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${decimal(bytes, at)}.${decimal(bytes, at + 1)}.${decimal(bytes, at + 2)}.${decimal(bytes, at + 3)}`;
}

/**
 * RFC 5952: lower case, the longest run of two or more zero groups as "::", v4-mapped addresses in mixed
 * notation.
 */
export function formatIpv6(bytes: Uint8Array, at: number): string {
  let [runStart, runLength] = [0, 1];
  for (let index = 0, length = 0; index < GROUPS; index += 1) {
    length = groupAt(bytes, at, index) === 0 ? length + 1 : 0;
    if (length > runLength) [runStart, runLength] = [index + 1 - length, length];
  }
  if (runStart === 0 && runLength === MAPPED_GROUPS && groupAt(bytes, at, MAPPED_GROUPS) === 0xffff)
    return MAPPED_PREFIX + formatIpv4(bytes, at + 12);
  if (runLength < 2) return scratch.toString("latin1", 0, putGroups(0, bytes, at, 0, GROUPS));
  let end = putGroups(0, bytes, at, 0, runStart);
  scratch[end] = COLON;
  scratch[end + 1] = COLON;
  end = putGroups(end + 2, bytes, at, runStart + runLength, GROUPS);
  return scratch.toString("latin1", 0, end);
}

function groupAt(bytes: Uint8Array, at: number, index: number): number {
  return ((bytes[at + 2 * index] ?? 0) << 8) | (bytes[at + 2 * index + 1] ?? 0);
}

/** Writes groups with colons between them; returns the end. */
function putGroups(start: number, bytes: Uint8Array, at: number, from: number, to: number): number {
  let end = start;
  for (let index = from; index < to; index += 1) {
    if (index > from) {
      scratch[end] = COLON;
      end += 1;
    }
    end = putHex(end, groupAt(bytes, at, index));
  }
  return end;
}

/** Without leading zeros; returns the end. */
function putHex(start: number, value: number): number {
  let end = start;
  for (let shift = value > 0xfff ? 12 : value > 0xff ? 8 : value > 0xf ? 4 : 0; shift >= 0; shift -= 4) {
    scratch[end] = HEX_DIGITS[(value >>> shift) & 15] ?? 0;
    end += 1;
  }
  return end;
}

function decimal(bytes: Uint8Array, at: number): string {
  return DECIMAL[bytes[at] ?? 0] ?? "0";
}
