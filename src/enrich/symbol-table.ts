/**
 * The kernel's symbols, read when there is time, and read anew where modules have come or gone.
 *
 * Reading them takes longer than all of the start. So it is done after that, in slices between which the
 * event loop has its turn; a question that comes earlier finishes it at once.
 *
 * Modules take each other's addresses. /proc/modules is short, so it is looked at before an address outside of
 * the kernel's own text is named, and once a second while such addresses are shown. Where it has changed,
 * what is no longer where it was has no name until the symbols have been read anew, which begins at once.
 */
import type { Kallsyms, KernelSymbol } from "../host/kallsyms.ts";
import { BASE_HIGH } from "../host/kallsyms-index.ts";
import type { LoadedModules } from "../host/loaded-modules.ts";
import { finish, type Steps } from "../host/steps.ts";
import type { KallsymsResult, SymbolReader } from "../host/symbol-reader.ts";

/** How long a slice of reading takes, and how long the event loop has after it. */
const SLICE_MS = 4;
const PAUSE_MS = 1;
/** Where nothing says that there is something new: not read anew more often. */
const READ_INTERVAL_MS = 10_000;
/** Nor this, where modules have changed. */
const READ_CHANGED_INTERVAL_MS = 1000;
/** Modules are not looked at more often, before a new address is named and while known ones are shown. */
const NEW_ADDRESS_INTERVAL_MS = 100;
const KNOWN_ADDRESS_INTERVAL_MS = 1000;

export class SymbolTable {
  readonly #reader: SymbolReader;
  readonly #nowMs: () => number;
  /** Begun and not finished, and what was loaded when it began. */
  #reading:
    | { readonly steps: Steps<KallsymsResult>; readonly modules: LoadedModules | undefined }
    | undefined;
  #isScheduled = false;
  #result: KallsymsResult | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #revision = 0;
  /** What was loaded at the last look; undefined where that cannot be known. */
  #modules: LoadedModules | undefined;
  #modulesAtMs = Number.NEGATIVE_INFINITY;
  /** Other modules were loaded when the symbols were read. */
  #isBehind = false;
  #namesModules = false;

  /** `nowMs` counts from any beginning. */
  constructor(reader: SymbolReader, nowMs: () => number) {
    this.#reader = reader;
    this.#nowMs = nowMs;
  }

  /** Reads the symbols beside whatever else is done. Keeps no process alive. */
  prepare(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setTimeout(() => {
      this.#isScheduled = false;
      // A question may have finished it meanwhile.
      if (this.#result !== undefined && this.#reading === undefined) return;
      if (!this.#readSlice()) this.prepare();
    }, PAUSE_MS).unref();
  }

  /** Why nothing can be named; undefined while nothing was read, and where all is well. */
  get problem(): string | undefined {
    return this.#result?.problem;
  }

  get symbols(): Kallsyms | undefined {
    this.#result ??= this.#finishReading();
    return this.#result.symbols;
  }

  /** Changes with the names of addresses outside of the kernel's own text. */
  get revision(): number {
    return this.#revision;
  }

  /** The symbol of an address, as far as it is known now. */
  peek(low: number, high: number): KernelSymbol | undefined {
    return this.symbols?.lookup(low, high, this.#modules);
  }

  /** The symbol of an address that was not asked for before: reads anew where that may help. */
  find(low: number, high: number): KernelSymbol | undefined {
    const known = this.peek(low, high);
    // What is not the kernel's no symbol will ever name; and symbols that are hidden stay hidden.
    if (high < BASE_HIGH || this.symbols === undefined) return known;
    if (known !== undefined && known.module === undefined) return known;
    this.#namesModules = true;
    const symbol = this.#lookAtModules(NEW_ADDRESS_INTERVAL_MS) ? this.peek(low, high) : known;
    if (symbol !== undefined || !(this.#reading !== undefined || this.#mayReadAgain())) return symbol;
    this.#replace(this.#finishReading());
    return this.peek(low, high);
  }

  /** Before a batch of events: what is known of modules is looked up again. */
  refresh(): void {
    if (!this.#namesModules) return;
    this.#lookAtModules(KNOWN_ADDRESS_INTERVAL_MS);
    if (this.#isBehind && this.#reading === undefined && this.#mayReadAgain()) this.#beginReading();
  }

  /** True where what is loaded has changed. Not looked at again within so long. */
  #lookAtModules(intervalMs: number): boolean {
    const now = this.#nowMs();
    if (now - this.#modulesAtMs < intervalMs) return false;
    this.#modulesAtMs = now;
    const modules = this.#reader.modules();
    if (areSame(modules, this.#modules)) return false;
    this.#modules = modules;
    this.#isBehind = true;
    this.#revision += 1;
    return true;
  }

  #mayReadAgain(): boolean {
    const interval = this.#isBehind ? READ_CHANGED_INTERVAL_MS : READ_INTERVAL_MS;
    return this.#nowMs() - this.#readAtMs >= interval;
  }

  #beginReading(): Steps<KallsymsResult> {
    this.#reading ??= { steps: this.#reader.symbols(), modules: this.#reader.modules() };
    this.prepare();
    return this.#reading.steps;
  }

  /** True when all is read. */
  #readSlice(): boolean {
    const until = this.#nowMs() + SLICE_MS;
    const steps = this.#beginReading();
    while (this.#nowMs() < until) {
      const step = steps.next();
      if (step.done !== true) continue;
      this.#replace(this.#took(step.value));
      return true;
    }
    return false;
  }

  #finishReading(): KallsymsResult {
    return this.#took(finish(this.#beginReading()));
  }

  #took(result: KallsymsResult): KallsymsResult {
    const modules = this.#reader.modules();
    this.#isBehind = !areSame(modules, this.#reading?.modules);
    this.#modules = modules;
    this.#reading = undefined;
    this.#readAtMs = this.#nowMs();
    this.#modulesAtMs = this.#readAtMs;
    return result;
  }

  /** What was known is kept where it cannot be read any more. */
  #replace(result: KallsymsResult): void {
    if (this.#result !== undefined && result.symbols === undefined) return;
    if (this.#result !== undefined) this.#revision += 1;
    this.#result = result;
  }
}

/** True where nothing is known of either. */
function areSame(one: LoadedModules | undefined, other: LoadedModules | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}
