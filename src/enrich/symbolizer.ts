/** Addresses to text, each once; stacks to lists of text. */
import type { Kallsyms, KernelSymbol } from "../host/kallsyms.ts";
import type { SymbolReader } from "../host/symbol-reader.ts";
import { SymbolTable } from "./symbol-table.ts";

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

/** A frame: its text, and the bare name where it has one. */
interface Frame {
  readonly text: string;
  readonly symbol: string | undefined;
  /** In the kernel's own text, which stays as it is. */
  readonly isFixed: boolean;
}

export class Symbolizer {
  readonly #table: SymbolTable;
  /** The table's, with which what is kept here was named. */
  #revision = 0;
  /** By the high half, then by the low one: all but a few frames share one high half. */
  readonly #frames = new Map<number, Map<number, Frame>>();
  #frameCount = 0;

  /**
   * The symbols are read when `prepare` says so, or else at the first question. `nowMs` counts from any
   * beginning.
   */
  constructor(reader: SymbolReader, nowMs: () => number = () => performance.now()) {
    this.#table = new SymbolTable(reader, nowMs);
  }

  /** Reads the symbols beside whatever else is done. Keeps no process alive. */
  prepare(): void {
    this.#table.prepare();
  }

  /** Before a batch of events: modules that have come and gone are noticed. */
  startBatch(): void {
    this.#table.refresh();
    this.#nameAnew();
  }

  /** Why addresses stay bare; undefined while nothing was asked, and where all is well. */
  get problem(): string | undefined {
    return this.#table.problem;
  }

  /** How often names have changed: whoever keeps texts of frames drops them when this does. */
  get readings(): number {
    return this.#table.revision;
  }

  get symbols(): Kallsyms | undefined {
    return this.#table.symbols;
  }

  /** What stays without a name stays in the cache: it is no reason to read the symbols again. */
  #nameAnew(): void {
    if (this.#revision === this.#table.revision) return;
    this.#revision = this.#table.revision;
    for (const [high, byLow] of this.#frames)
      for (const [low, { isFixed }] of byLow)
        if (!isFixed) byLow.set(low, describe(this.#table.peek(low, high), low, high));
  }

  /** "tcp_v4_rcv+0x1e4", with " [module]" behind it, or "0xffffffff81a2b3c0". */
  frame(low: number, high: number): string {
    return this.#frame(low, high).text;
  }

  /** Where functions of this name begin; none where symbols cannot be read. */
  addressesOf(name: string): readonly bigint[] {
    return this.symbols?.addressesOf(name) ?? [];
  }

  /**
   * Frames as text, innermost first, without the tracing machinery's own on top.
   *
   * @param words the frames' addresses in halves, low first
   */
  stack(words: Uint32Array): readonly string[] {
    this.#nameAnew();
    const frames: Frame[] = [];
    for (let at = 0; at + 1 < words.length; at += 2)
      frames.push(this.#frame(words[at] ?? 0, words[at + 1] ?? 0));
    return frames.slice(machineryFrames(frames)).map((frame) => frame.text);
  }

  #frame(low: number, high: number): Frame {
    this.#nameAnew();
    const known = this.#frames.get(high)?.get(low);
    if (known !== undefined) return known;
    if (this.#frameCount >= MAX_ADDRESSES) {
      this.#frames.clear();
      this.#frameCount = 0;
    }
    const frame = describe(this.#table.find(low, high), low, high);
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
  if (symbol === undefined) return { text: `0x${hex(high)}${hex(low)}`, symbol: undefined, isFixed: false };
  const isFixed = symbol.module === undefined;
  const module = isFixed ? "" : ` [${symbol.module}]`;
  return { text: `${symbol.name}+0x${symbol.offset.toString(16)}${module}`, symbol: symbol.name, isFixed };
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
