/**
 * /proc/kallsyms: addresses to text symbols. 120,000 lines and more, so: one pass over the bytes, names made on demand.
 *
 *     ffffffff81a2b3c0 T tcp_v4_rcv
 *     ffffffffc0123000 t veth_xmit\t[veth]
 *
 * Addresses are kept as their distance from 0xffff000000000000, which is exact in a double; symbols below (per-CPU offsets) are no code.
 */
import { readFileSync } from "node:fs";

const NEWLINE = 10;
const TAB = 9;
const SPACE = 32;
const BASE_HIGH = 0xffff_0000;
const TWO_32 = 0x1_0000_0000;
/** No function is longer: an address further behind a symbol is not inside it. */
const MAX_SYMBOL_BYTES = 1 << 20;

export interface KernelSymbol {
  readonly name: string;
  readonly offset: number;
  /** "bpf" for programs and trampolines. */
  readonly module: string | undefined;
}

export class Kallsyms {
  readonly #bytes: Buffer;
  readonly #keys: Float64Array;
  /** Where each symbol's name begins. */
  readonly #names: Uint32Array;
  /** Lines that are no symbol; a healthy file has none. */
  readonly badLines: number;
  /** True where every address reads as 0: the kernel hides them. */
  readonly hidden: boolean;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const index = indexLines(this.#bytes);
    const sorted = sortByAddress(index.keys, index.names);
    this.#keys = sorted.keys;
    this.#names = sorted.names;
    this.badLines = index.badLines;
    this.hidden = index.keys.length === 0 && index.zeroAddresses > 0;
  }

  /** How many text symbols there are. */
  get size(): number {
    return this.#keys.length;
  }

  /** The function that the address, given in halves, is in. */
  lookup(low: number, high: number): KernelSymbol | undefined {
    if (high < BASE_HIGH) return undefined;
    const key = (high - BASE_HIGH) * TWO_32 + low;
    let from = 0;
    let to = this.#keys.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#keys[middle] ?? 0) <= key) from = middle + 1;
      else to = middle;
    }
    if (from === 0) return undefined;
    // Of several names for one address the first in the file counts.
    let at = from - 1;
    while (at > 0 && this.#keys[at - 1] === this.#keys[at]) at -= 1;
    const offset = key - (this.#keys[at] ?? 0);
    return offset >= MAX_SYMBOL_BYTES ? undefined : { offset, ...this.#nameAt(this.#names[at] ?? 0) };
  }

  /** All addresses of a function's name. */
  addressesOf(name: string): readonly bigint[] {
    const needle = Buffer.from(` ${name}`);
    const addresses: bigint[] = [];
    for (let at = this.#bytes.indexOf(needle); at >= 0; at = this.#bytes.indexOf(needle, at + 1)) {
      const end = this.#bytes[at + needle.length];
      if (end !== NEWLINE && end !== TAB && end !== undefined) continue;
      const digits = this.#bytes.toString("latin1", Math.max(0, at - 18), at - 2);
      if (/^[0-9a-f]{16}$/.test(digits) && isText(this.#bytes[at - 1])) addresses.push(BigInt(`0x${digits}`));
    }
    return addresses;
  }

  #nameAt(start: number): { name: string; module: string | undefined } {
    const end = this.#bytes.indexOf(NEWLINE, start);
    const text = this.#bytes.toString("utf8", start, end < 0 ? this.#bytes.length : end);
    const tab = text.indexOf("\t[");
    return tab < 0 ? { name: text, module: undefined } : { name: text.slice(0, tab), module: text.slice(tab + 2, text.endsWith("]") ? -1 : undefined) };
  }
}

interface LineIndex {
  readonly keys: Float64Array;
  readonly names: Uint32Array;
  readonly badLines: number;
  readonly zeroAddresses: number;
}

/** The value of a hexadecimal digit by its code, or 255. */
const DIGIT = Uint8Array.from({ length: 256 }, (_unused, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 255 : value;
});

function indexLines(bytes: Buffer): LineIndex {
  // A line is 20 bytes at least: 16 digits, a type and two spaces, a name.
  const capacity = Math.floor(bytes.length / 20) + 1;
  const keys = new Float64Array(capacity);
  const names = new Uint32Array(capacity);
  let count = 0;
  let badLines = 0;
  let zeroAddresses = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    const high = hex8(bytes, start);
    const low = hex8(bytes, start + 8);
    if (end - start < 20 || high < 0 || low < 0 || bytes[start + 16] !== SPACE || bytes[start + 18] !== SPACE) badLines += 1;
    else if (high === 0 && low === 0) zeroAddresses += 1;
    else if (high >= BASE_HIGH && isText(bytes[start + 17])) {
      keys[count] = (high - BASE_HIGH) * TWO_32 + low;
      names[count++] = start + 19;
    }
    start = end + 1;
  }
  return { keys: keys.subarray(0, count), names: names.subarray(0, count), badLines, zeroAddresses };
}

/** Eight hexadecimal digits, or -1. */
function hex8(bytes: Buffer, at: number): number {
  let value = 0;
  for (let index = at; index < at + 8; index += 1) {
    const digit = DIGIT[bytes[index] ?? 0] ?? 255;
    if (digit === 255) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** t, T, w, W: code. */
function isText(type: number | undefined): boolean {
  return type === 0x74 || type === 0x54 || type === 0x77 || type === 0x57;
}

/** The kernel's own symbols come in order; those of modules and BPF programs follow in any. Only what is out of order is sorted. */
function sortByAddress(keys: Float64Array, names: Uint32Array): { keys: Float64Array; names: Uint32Array } {
  let sortedUntil = 1;
  while (sortedUntil < keys.length && (keys[sortedUntil] ?? 0) >= (keys[sortedUntil - 1] ?? 0)) sortedUntil += 1;
  if (sortedUntil >= keys.length) return { keys, names };
  const rest = Array.from({ length: keys.length - sortedUntil }, (_unused, index) => sortedUntil + index).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
  const merged = { keys: new Float64Array(keys.length), names: new Uint32Array(keys.length) };
  let left = 0;
  let right = 0;
  for (let at = 0; at < keys.length; at += 1) {
    const other = rest[right];
    const takeLeft = other === undefined || (left < sortedUntil && (keys[left] ?? 0) <= (keys[other] ?? 0));
    const from = takeLeft ? left++ : other;
    if (!takeLeft) right += 1;
    merged.keys[at] = keys[from] ?? 0;
    merged.names[at] = names[from] ?? 0;
  }
  return merged;
}

export interface KallsymsResult {
  readonly symbols: Kallsyms | undefined;
  /** Why addresses cannot be named, and what to do. */
  readonly problem: string | undefined;
}

/** Reads the file of this machine, or of a fixture below another root. Never throws. */
export function openKallsyms(root = "/"): KallsymsResult {
  const path = `${root.replace(/\/$/, "")}/proc/kallsyms`;
  try {
    const symbols = new Kallsyms(readFileSync(path));
    if (symbols.hidden)
      return {
        symbols: undefined,
        problem: "The kernel shows no symbol addresses (kernel.kptr_restrict, or CAP_SYSLOG is missing): frames are bare addresses. Run with CAP_SYSLOG.",
      };
    if (symbols.size === 0) return { symbols: undefined, problem: `${path} holds no text symbols: frames are bare addresses.` };
    return { symbols, problem: undefined };
  } catch (failure) {
    return { symbols: undefined, problem: `Cannot read ${path}: ${(failure as Error).message}: frames are bare addresses.` };
  }
}
