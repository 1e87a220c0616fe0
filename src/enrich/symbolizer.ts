/** Addresses to text, each once; stacks to lists of text, each distinct stack once. Opens kallsyms when first asked. */
import type { Kallsyms, KallsymsResult } from "../host/kallsyms.ts";

/** The machinery that brought us the event, at the top of every stack: never part of what was asked. */
const TRACING = /^(bpf_prog_|bpf_trampoline_|bpf_trace_run|__bpf_trace_|__traceiter_|__probestub_|bpf_get_stack|__bpf_get_stack|trace_call_bpf|__bpf_prog_)/;
/** Distinct stacks that are kept; a kernel under load shows some hundreds. */
const MAX_STACKS = 4096;
const MAX_FRAMES = 65_536;

export class Symbolizer {
  readonly #open: () => KallsymsResult;
  #result: KallsymsResult | undefined;
  readonly #frames = new Map<number, Map<number, string>>();
  readonly #stacks = new Map<string, readonly string[]>();
  #frameCount = 0;

  constructor(open: () => KallsymsResult) {
    this.#open = open;
  }

  /** Why addresses stay bare; undefined while nothing was asked, and where all is well. */
  get problem(): string | undefined {
    return this.#result?.problem;
  }

  get symbols(): Kallsyms | undefined {
    this.#result ??= this.#open();
    return this.#result.symbols;
  }

  /** "tcp_v4_rcv+0x1e4", with " [module]" behind it, or "0xffffffff81a2b3c0". */
  frame(low: number, high: number): string {
    let byLow = this.#frames.get(high);
    const known = byLow?.get(low);
    if (known !== undefined) return known;
    if (this.#frameCount > MAX_FRAMES) {
      this.#frames.clear();
      this.#frameCount = 0;
      byLow = undefined;
    }
    if (byLow === undefined) {
      byLow = new Map();
      this.#frames.set(high, byLow);
    }
    const symbol = this.symbols?.lookup(low, high);
    const text =
      symbol === undefined
        ? `0x${hex(high)}${hex(low)}`
        : `${symbol.name}+0x${symbol.offset.toString(16)}${symbol.module === undefined ? "" : ` [${symbol.module}]`}`;
    byLow.set(low, text);
    this.#frameCount += 1;
    return text;
  }

  /** `words` are the frames' halves, low first. The tracing machinery's own frames on top are left out. */
  stack(words: Uint32Array): readonly string[] {
    const key = words.join();
    const known = this.#stacks.get(key);
    if (known !== undefined) return known;
    const frames: string[] = [];
    for (let at = 0; at < words.length; at += 2) frames.push(this.frame(words[at] ?? 0, words[at + 1] ?? 0));
    let first = 0;
    while (first < frames.length && TRACING.test(frames[first] ?? "")) first += 1;
    const trimmed = frames.slice(first);
    if (this.#stacks.size >= MAX_STACKS) this.#stacks.clear();
    this.#stacks.set(key, trimmed);
    return trimmed;
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
