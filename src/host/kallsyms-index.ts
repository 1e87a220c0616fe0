/**
 * One pass over the bytes of /proc/kallsyms: which address begins which text symbol, and where its name
 * stands.
 *
 * Keys are distances from 0xffff000000000000, below 2^48 and so exact in a double: x86-64, arm64 (52-bit
 * addresses too) and riscv keep code of the kernel, of modules and of BPF programs above it. What lies below
 * is per-CPU data, and no code. Symbols of data are left out: they must not stand between an address and the
 * function it is in.
 */

import { uninitializedFloat64Array, uninitializedUint32Array } from "../bytes/uninitialized.ts";
import type { Steps } from "./steps.ts";

export const NEWLINE = 10;
const SPACE = 32;
export const BASE_HIGH = 0xffff_0000;
const TWO_32 = 0x1_0000_0000;
/** 16 digits, a space, the type, a space. */
export const NAME_AT = 19;
/** NAME_AT, KSYM_NAME_LEN 512 (include/linux/kallsyms.h), "\t[]", MODULE_NAME_LEN 64 and a little. */
export const MAX_LINE_BYTES = 640;

const STEP_LINES = 4096;
/** The linker's marks, include/asm-generic/sections.h. They are symbols of text, and begin no function. */
const TEXT_END_MARKS = ["_etext", "_einittext"].map((name) => Buffer.from(name));

export interface SymbolIndex {
  /** Ascending. Of several symbols at one address, the first in the file comes first. */
  readonly keys: Float64Array;
  /** Where the name of each key begins. */
  readonly names: Uint32Array;
  /** Keys of where the kernel's own text ends: `_etext` and `_einittext`, those that there are. */
  readonly textEnds: readonly number[];
  /** Lines that hold no symbol; a healthy file has none. */
  readonly badLines: number;
  /** Symbols whose address reads as 0. */
  readonly zeroAddresses: number;
}

/** The value of a hexadecimal digit by its code, or 255. The kernel prints lower case. */
const DIGIT = Uint8Array.from({ length: 256 }, (_unused, code) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(code));
  return value < 0 ? 255 : value;
});

/** A step takes about a millisecond, but the last one: it sorts. */
export function* indexSteps(bytes: Buffer): Steps<SymbolIndex> {
  // A line takes 21 bytes at least, the last one 20.
  const capacity = Math.floor(bytes.length / (NAME_AT + 1)) + 1;
  const keys = uninitializedFloat64Array(capacity);
  const names = uninitializedUint32Array(capacity);
  let count = 0;
  let badLines = 0;
  let zeroAddresses = 0;
  let lines = 0;
  const textEnds: number[] = [];
  for (let start = 0; start < bytes.length; ) {
    if (++lines % STEP_LINES === 0) yield;
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    const high = hex8(bytes, start);
    const low = hex8(bytes, start + 8);
    const length = end - start;
    if (
      length <= NAME_AT ||
      length > MAX_LINE_BYTES ||
      high < 0 ||
      low < 0 ||
      bytes[start + 16] !== SPACE ||
      bytes[start + 18] !== SPACE
    )
      badLines += 1;
    else if (high === 0 && low === 0) zeroAddresses += 1;
    else if (high >= BASE_HIGH && isText(bytes[start + 17])) {
      const key = addressKey(low, high);
      keys[count] = key;
      addTextEnd(textEnds, bytes, start + NAME_AT, end, key);
      names[count++] = start + NAME_AT;
    }
    start = end + 1;
  }
  const sorted = sortByKey(keys.subarray(0, count), names.subarray(0, count));
  return { ...sorted, textEnds, badLines, zeroAddresses };
}

/** The key of an address in two halves; `high` must not be below BASE_HIGH. */
export function addressKey(low: number, high: number): number {
  return (high - BASE_HIGH) * TWO_32 + low;
}

/** t, T, w, W: code. */
export function isText(type: number | undefined): boolean {
  return type === 0x74 || type === 0x54 || type === 0x77 || type === 0x57;
}

function addTextEnd(ends: number[], bytes: Buffer, from: number, to: number, key: number): void {
  for (const mark of TEXT_END_MARKS)
    if (to - from === mark.length && bytes[from] === mark[0] && mark.compare(bytes, from, to) === 0)
      ends.push(key);
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

/**
 * The kernel's own symbols come in order; those of modules, of ftrace and of BPF programs follow in any. A
 * radix sort takes linear time whatever the order is, and keeps the file's order where addresses are equal.
 */
function sortByKey(keys: Float64Array, names: Uint32Array): { keys: Float64Array; names: Uint32Array } {
  let sorted = { keys, names };
  if (isAscending(keys)) return sorted;
  for (const digitOf of [lowDigit, middleDigit, highDigit])
    sorted = sortByDigit(sorted.keys, sorted.names, digitOf);
  return sorted;
}

function isAscending(keys: Float64Array): boolean {
  for (let at = 1; at < keys.length; at += 1) if ((keys[at] ?? 0) < (keys[at - 1] ?? 0)) return false;
  return true;
}

// Bitwise operators see a double modulo 2^32, which is what is wanted of a key of 48 bits.
const lowDigit = (key: number): number => key & 0xffff;
const middleDigit = (key: number): number => key >>> 16;
const highDigit = (key: number): number => Math.floor(key / TWO_32);

function sortByDigit(
  keys: Float64Array,
  names: Uint32Array,
  digitOf: (key: number) => number,
): { keys: Float64Array; names: Uint32Array } {
  const starts = new Uint32Array(0x1_0001);
  for (const key of keys) {
    const next = digitOf(key) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let digit = 1; digit < starts.length; digit += 1)
    starts[digit] = (starts[digit] ?? 0) + (starts[digit - 1] ?? 0);
  const sorted = {
    keys: uninitializedFloat64Array(keys.length),
    names: uninitializedUint32Array(keys.length),
  };
  for (let from = 0; from < keys.length; from += 1) {
    const key = keys[from] ?? 0;
    const digit = digitOf(key);
    const to = starts[digit] ?? 0;
    starts[digit] = to + 1;
    sorted.keys[to] = key;
    sorted.names[to] = names[from] ?? 0;
  }
  return sorted;
}
