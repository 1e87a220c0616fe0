/**
 * Addresses to text, each once; stacks to lists of text.
 *
 * Reading kallsyms takes longer than all of the start. So it is done after that, in slices between which the
 * event loop has its turn; a question that comes earlier finishes it at once. It is read anew where an
 * address is in no symbol: a module may have been loaded.
 */

import type { Kallsyms, KallsymsResult, KernelSymbol } from "../host/kallsyms.ts";
import { BASE_HIGH } from "../host/kallsyms-index.ts";
import { finish, type Steps } from "../host/steps.ts";

/**
 * The machinery that brought us the event, at the top of every stack: the program itself, and what called it.
 *
 *     bpf_prog_4a1be2_kfree_skb+0x52a [bpf] | bpf_trace_run4+0x8e | __traceiter_kfree_skb+0x3a | sk_skb_reason_drop+0x96 | tcp_v4_rcv+0x1e4
 *     left out                                                                                 | kept, as in bcc's and bpftrace's stacks
 */
const TRACING =
  /^(bpf_prog_|___?bpf_prog_run|bpf_trampoline_|bpf_trace_run|__bpf_trace_|__traceiter_|__probestub_|trace_call_bpf|(__)?bpf_get_stack|bpf_dispatcher_|ftrace_trampoline)/;
/** Distinct addresses that are kept. */
const MAX_ADDRESSES = 65_536;

/** How long a slice of reading takes, and how long the event loop has after it. */
const SLICE_MS = 4;
const PAUSE_MS = 1;
/** Not read anew more often: it holds up everything else for up to 100 ms. */
const READ_INTERVAL_MS = 10_000;

/** A frame: its text, and the bare name where it has one. */
interface Frame {
  readonly text: string;
  readonly symbol: string | undefined;
}

export class Symbolizer {
  readonly #open: () => Steps<KallsymsResult>;
  readonly #nowMs: () => number;
  /** Begun and not finished. */
  #reading: Steps<KallsymsResult> | undefined;
  #result: KallsymsResult | undefined;
  #readAtMs = 0;
  #readings = 0;
  /** By the high half, then by the low one: all but a few frames share one high half. */
  readonly #frames = new Map<number, Map<number, Frame>>();
  #frameCount = 0;

  /**
   * `open` reads the symbols: when `prepare` says so, or else at the first question. `nowMs` counts from any
   * beginning.
   */
  constructor(open: () => Steps<KallsymsResult>, nowMs: () => number = () => performance.now()) {
    this.#open = open;
    this.#nowMs = nowMs;
  }

  /** Reads the symbols beside whatever else is done. Keeps no process alive. */
  prepare(): void {
    setTimeout(() => {
      if (this.#result === undefined && !this.#readSlice()) this.prepare();
    }, PAUSE_MS).unref();
  }

  /** Why addresses stay bare; undefined while nothing was asked, and where all is well. */
  get problem(): string | undefined {
    return this.#result?.problem;
  }

  /** How often the symbols were read anew: whoever keeps texts of frames forgets them when this changes. */
  get readings(): number {
    return this.#readings;
  }

  get symbols(): Kallsyms | undefined {
    this.#result ??= this.#finishReading();
    return this.#result.symbols;
  }

  /** True when all is read. */
  #readSlice(): boolean {
    const until = this.#nowMs() + SLICE_MS;
    this.#reading ??= this.#open();
    while (this.#nowMs() < until) {
      const step = this.#reading.next();
      if (step.done !== true) continue;
      this.#result = this.#took(step.value);
      return true;
    }
    return false;
  }

  #finishReading(): KallsymsResult {
    return this.#took(finish(this.#reading ?? this.#open()));
  }

  #took(result: KallsymsResult): KallsymsResult {
    this.#reading = undefined;
    this.#readAtMs = this.#nowMs();
    return result;
  }

  /** The symbol of an address that was not asked for before. */
  #lookup(low: number, high: number): KernelSymbol | undefined {
    const known = this.symbols?.lookup(low, high);
    // What is not the kernel's no symbol will ever name; and symbols that are hidden stay hidden.
    if (known !== undefined || high < BASE_HIGH || this.symbols === undefined) return known;
    if (this.#nowMs() - this.#readAtMs < READ_INTERVAL_MS) return undefined;
    this.#readAgain();
    return this.symbols.lookup(low, high);
  }

  /** What stays without a name stays in the cache: it is no reason to read again. */
  #readAgain(): void {
    const result = this.#finishReading();
    if (result.symbols === undefined) return;
    this.#result = result;
    this.#readings += 1;
    for (const [high, byLow] of this.#frames)
      for (const [low, { symbol }] of byLow)
        if (symbol === undefined) byLow.set(low, describe(result.symbols.lookup(low, high), low, high));
  }

  /** "tcp_v4_rcv+0x1e4", with " [module]" behind it, or "0xffffffff81a2b3c0". */
  frame(low: number, high: number): string {
    return this.#frame(low, high).text;
  }

  /** The function that the address is in; undefined where that is not known. */
  symbol(low: number, high: number): string | undefined {
    return this.#frame(low, high).symbol;
  }

  /** Where functions of this name begin; none where symbols cannot be read. */
  addressesOf(name: string): readonly bigint[] {
    return this.symbols?.addressesOf(name) ?? [];
  }

  addressOf(name: string): bigint | undefined {
    return this.addressesOf(name)[0];
  }

  /**
   * Frames as text, innermost first, without the tracing machinery's own on top.
   *
   * @param words the frames' addresses in halves, low first
   */
  stack(words: Uint32Array): readonly string[] {
    const frames: Frame[] = [];
    for (let at = 0; at + 1 < words.length; at += 2)
      frames.push(this.#frame(words[at] ?? 0, words[at + 1] ?? 0));
    return frames.slice(machineryFrames(frames)).map((frame) => frame.text);
  }

  #frame(low: number, high: number): Frame {
    const known = this.#frames.get(high)?.get(low);
    if (known !== undefined) return known;
    if (this.#frameCount >= MAX_ADDRESSES) {
      this.#frames.clear();
      this.#frameCount = 0;
    }
    const frame = describe(this.#lookup(low, high), low, high);
    const byLow = this.#frames.get(high);
    if (byLow === undefined) this.#frames.set(high, new Map([[low, frame]]));
    else byLow.set(low, frame);
    this.#frameCount += 1;
    return frame;
  }
}

/**
 * How many frames on top belong to tracing. A frame without a name counts if one of tracing's follows:
 * kallsyms leaves BPF programs out where net.core.bpf_jit_kallsyms is 0. The first other name ends it: a BPF
 * program further down may be what dropped the packet.
 */
function machineryFrames(frames: readonly Frame[]): number {
  let count = 0;
  for (const [index, { symbol }] of frames.entries()) {
    if (symbol === undefined) continue;
    if (!TRACING.test(symbol)) break;
    count = index + 1;
  }
  return count;
}

function describe(symbol: KernelSymbol | undefined, low: number, high: number): Frame {
  if (symbol === undefined) return { text: `0x${hex(high)}${hex(low)}`, symbol: undefined };
  const module = symbol.module === undefined ? "" : ` [${symbol.module}]`;
  return { text: `${symbol.name}+0x${symbol.offset.toString(16)}${module}`, symbol: symbol.name };
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
