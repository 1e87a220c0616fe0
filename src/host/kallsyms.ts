/**
 * /proc/kallsyms: which function of the kernel, of a module or of a BPF program an address is in. 120,000
 * lines and more, so the bytes are kept as they came, one pass makes an index of them, and names are made on
 * demand.
 *
 *     ffffffff81a2b3c0 T tcp_v4_rcv
 *     ffffffffc0123000 t veth_xmit\t[veth]
 *     ffffffffc0201f4c t bpf_prog_3f2a0c9d8e7b6a51_name\t[bpf]
 */
import {
  addressKey,
  BASE_HIGH,
  indexSteps,
  isText,
  MAX_LINE_BYTES,
  NAME_AT,
  NEWLINE,
  type SymbolIndex,
} from "./kallsyms-index.ts";
import type { LoadedModule, LoadedModules } from "./loaded-modules.ts";
import { finish } from "./steps.ts";

const TAB = 9;
/**
 * An address further behind a symbol is not in it. kallsyms gives no sizes. Functions reach 20 KB on 6.18
 * (100 KB in graphics drivers), BPF programs about as much; holes behind the kernel's text begin at 1 MB. This
 * alone bounds BPF programs and trampolines, and modules where nobody knows what is loaded.
 */
const MAX_FUNCTION_BYTES = 128 * 1024;

export interface KernelSymbol {
  readonly name: string;
  /** Bytes from the symbol's beginning. */
  readonly offset: number;
  /** undefined for the kernel itself; "bpf" for BPF programs and trampolines. */
  readonly module: string | undefined;
}

/** What kallsyms calls the modules of code that is in none. */
const NO_MODULES: ReadonlySet<string> = new Set(["bpf", "__builtin__ftrace", "__builtin__kprobes"]);

export class Kallsyms {
  readonly #bytes: Buffer;
  readonly #textEnds: readonly number[];
  readonly #keys: Float64Array;
  readonly #names: Uint32Array;
  /** Lines that are no symbol; a healthy file has none. */
  readonly badLines: number;
  /** True where every address reads as 0: the kernel hides them. */
  readonly hidden: boolean;

  /**
   * Takes any bytes, and never throws: lines that are no symbol are counted and left out. The bytes are kept,
   * not copied.
   */
  constructor(bytes: Uint8Array, index: SymbolIndex = finish(indexSteps(asBuffer(bytes)))) {
    this.#bytes = asBuffer(bytes);
    this.#keys = index.keys;
    this.#names = index.names;
    this.#textEnds = index.textEnds;
    this.badLines = index.badLines;
    this.hidden = index.keys.length === 0 && index.zeroAddresses > 0;
  }

  /** How many text symbols there are. */
  get size(): number {
    return this.#keys.length;
  }

  /**
   * The function that the address, given in two 32-bit halves, is in. Of several names for one address, the
   * first in the file. `loaded` has the modules that are loaded now, where that is known: what lies in none
   * of them, or in one that was not loaded when the symbols were read, has no name.
   */
  lookup(low: number, high: number, loaded?: LoadedModules): KernelSymbol | undefined {
    if (high < BASE_HIGH) return undefined;
    const key = addressKey(low, high);
    const last = this.#lastAtOrBelow(key);
    if (last < 0) return undefined;
    const start = this.#keys[last] ?? 0;
    const offset = key - start;
    if (offset >= MAX_FUNCTION_BYTES) return undefined;
    // The last key below `start` is followed by the first that equals it.
    const first = this.#lastAtOrBelow(start - 1) + 1;
    const symbol = this.#symbolAt(this.#names[first] ?? 0, offset);
    if (symbol.module === undefined && this.#isBehindText(key, start)) return undefined;
    return loaded === undefined || isIn(symbol.module, start, loaded.at(key)) ? symbol : undefined;
  }

  /** The kernel bounds the last symbol of its text so too: get_symbol_pos(), kernel/kallsyms.c. */
  #isBehindText(key: number, start: number): boolean {
    return this.#textEnds.some((end) => start <= end && end <= key);
  }

  /**
   * Where all functions of this name begin: names of static functions can repeat. Searches the whole file,
   * about 2 ms.
   */
  addressesOf(name: string): readonly bigint[] {
    const bytes = this.#bytes;
    const needle = Buffer.from(` ${name}`);
    const addresses: bigint[] = [];
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
      const end = bytes[at + needle.length];
      if (end !== NEWLINE && end !== TAB && end !== undefined) continue;
      const start = at + 1 - NAME_AT;
      if (start < 0 || (start > 0 && bytes[start - 1] !== NEWLINE) || !isText(bytes[at - 1])) continue;
      const digits = bytes.toString("latin1", start, start + 17);
      if (/^[0-9a-f]{16} $/.test(digits) && !/^0+ $/.test(digits))
        addresses.push(BigInt(`0x${digits.trimEnd()}`));
    }
    return addresses;
  }

  /** Index of the last key that is not above `key`, or -1. */
  #lastAtOrBelow(key: number): number {
    const keys = this.#keys;
    let from = 0;
    let to = keys.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((keys[middle] ?? 0) <= key) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }

  #symbolAt(start: number, offset: number): KernelSymbol {
    const line = this.#bytes.subarray(start, start + MAX_LINE_BYTES);
    const end = line.indexOf(NEWLINE);
    const text = line.toString("utf8", 0, end < 0 ? line.length : end);
    const tab = text.indexOf("\t");
    if (tab < 0) return { name: text, offset, module: undefined };
    return { name: text.slice(0, tab), offset, module: /^\[(.+)\]$/.exec(text.slice(tab + 1))?.[1] };
  }
}

/** Whether a symbol of `module` that begins at `start` is where `loaded` is, or no module is. */
function isIn(module: string | undefined, start: number, loaded: LoadedModule | undefined): boolean {
  const isOfNone = module === undefined || NO_MODULES.has(module);
  if (loaded === undefined) return isOfNone;
  // BPF programs may lie between the end of a module's text and the end that its size gives.
  return start >= loaded.start && (isOfNone || module === loaded.name);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
