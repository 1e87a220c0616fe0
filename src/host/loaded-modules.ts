/**
 * /proc/modules: which modules are loaded, and where.
 *
 *     veth 45056 0 - Live 0xffffffffc0300000
 *     nf_tables 376832 120 nft_ct,nft_counter, Live 0xffffffffc0318000 (OE)
 *
 * The address is where a module's text begins. Its size is that of all its memory, which lies in one block
 * before Linux 6.4; since then data lies elsewhere, and the text ends sooner than the size says, so that
 * another module's text may begin before that. Of an address that lies in several, the last that begins is
 * the one.
 */
import { addressKey, BASE_HIGH } from "./kallsyms-index.ts";

export interface LoadedModule {
  readonly name: string;
  /** Keys of addresses (kallsyms-index.ts): the first byte of its text, and the end of all that it may have. */
  readonly start: number;
  readonly end: number;
}

const LINE = /^(\S+) (\d{1,12}) .* 0x([0-9a-f]{8})([0-9a-f]{8})(?: \(\S*\))?$/;

export class LoadedModules {
  /** By `start`. */
  readonly #modules: readonly LoadedModule[];

  constructor(modules: readonly LoadedModule[]) {
    this.#modules = modules.toSorted((one, other) => one.start - other.start);
  }

  /** Undefined where the addresses are hidden: then nothing is known. Lines that make no sense are left out. */
  static parse(text: string): LoadedModules | undefined {
    const modules: LoadedModule[] = [];
    for (const line of text.split("\n")) {
      const [, name, size, high, low] = LINE.exec(line) ?? [];
      if (name === undefined || size === undefined || high === undefined || low === undefined) continue;
      const [highWord, lowWord] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
      if (highWord < BASE_HIGH) return undefined;
      const start = addressKey(lowWord, highWord);
      modules.push({ name, start, end: start + Number(size) });
    }
    return new LoadedModules(modules);
  }

  /** The module that the key may be in; undefined where it is surely in none. */
  at(key: number): LoadedModule | undefined {
    const modules = this.#modules;
    let from = 0;
    let to = modules.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((modules[middle]?.start ?? 0) <= key) from = middle + 1;
      else to = middle;
    }
    const module = modules[from - 1];
    return module !== undefined && key < module.end ? module : undefined;
  }

  /** True where the same modules are loaded at the same addresses. */
  equals(other: LoadedModules): boolean {
    return (
      this.#modules.length === other.#modules.length &&
      this.#modules.every(({ name, start, end }, index) => {
        const its = other.#modules[index];
        return its?.name === name && its.start === start && its.end === end;
      })
    );
  }
}
