/**
 * The kernel's symbols and modules, held open: who may see addresses is decided when the files are opened
 * (kallsyms_open() and modules_open() keep it), so they can be read again after the rights are gone.
 */
import { closeSync } from "node:fs";
import { belowRoot, openToRead, readHeldSteps } from "./below-root.ts";
import { readRights } from "./capabilities.ts";
import { explainHiddenSymbols } from "./hidden-symbols.ts";
import { Kallsyms } from "./kallsyms.ts";
import { indexSteps } from "./kallsyms-index.ts";
import { LoadedModules } from "./loaded-modules.ts";
import { finish, type Steps } from "./steps.ts";

/** Kernels have 5 to 9 MB of it; with every module there is, 20. */
const MAX_SYMBOLS_BYTES = 128 * 1024 * 1024;
const SYMBOLS_GUESS_BYTES = 16 * 1024 * 1024;
/** About 80 bytes a module; a distribution's kernel loads some 200 of its 6,000. */
const MAX_MODULES_BYTES = 4 * 1024 * 1024;
const MODULES_GUESS_BYTES = 32 * 1024;

/** What names addresses are read from, as often as is wanted. */
export interface SymbolReader {
  /** Reads all symbols, in steps of a millisecond or less but for a few. Never throws. */
  symbols(): Steps<KallsymsResult>;
  /** What is loaded now: takes some 0.1 ms. Undefined where that cannot be known. Never throws. */
  modules(): LoadedModules | undefined;
}

/** Either `symbols`, or the `problem` that stands in the way. */
export interface KallsymsResult {
  readonly symbols: Kallsyms | undefined;
  /** Why addresses cannot be named, and what to do. */
  readonly problem: string | undefined;
}

/** A file that is open to be read, or why it is not. */
type Held = { readonly path: string } & ({ readonly fd: number } | { readonly failure: unknown });

export class HeldSymbols implements SymbolReader, Disposable {
  readonly #root: string;
  readonly #kallsyms: Held;
  readonly #modules: Held;
  #isOpen = true;

  private constructor(root: string) {
    this.#root = root;
    this.#kallsyms = hold(belowRoot(root, "proc/kallsyms"));
    this.#modules = hold(belowRoot(root, "proc/modules"));
  }

  /** The files of this machine, or of a fixture below another root. Never throws: reading says what is wrong. */
  static open(root = "/"): HeldSymbols {
    return new HeldSymbols(root);
  }

  *symbols(): Steps<KallsymsResult> {
    const held = this.#kallsyms;
    try {
      const bytes = yield* this.#read(held, SYMBOLS_GUESS_BYTES, MAX_SYMBOLS_BYTES);
      const symbols = new Kallsyms(bytes, yield* indexSteps(bytes));
      if (symbols.hidden)
        return { symbols: undefined, problem: explainHiddenSymbols(readRights(this.#root)) };
      if (symbols.size === 0)
        return {
          symbols: undefined,
          problem: `${held.path} holds no text symbols, so addresses cannot be named.`,
        };
      return { symbols, problem: undefined };
    } catch (failure) {
      return { symbols: undefined, problem: describeFailure(held.path, failure) };
    }
  }

  modules(): LoadedModules | undefined {
    const held = this.#modules;
    // A kernel without modules has no such file.
    if ("failure" in held && codeOf(held.failure) === "ENOENT") return new LoadedModules([]);
    try {
      const text = finish(this.#read(held, MODULES_GUESS_BYTES, MAX_MODULES_BYTES)).toString("latin1");
      return LoadedModules.parse(text);
    } catch {
      return undefined;
    }
  }

  *#read(held: Held, guessBytes: number, maxBytes: number): Steps<Buffer> {
    if ("failure" in held) throw held.failure;
    // Its number may be another file's by now.
    if (!this.#isOpen) throw new Error(`${held.path} is closed`);
    return yield* readHeldSteps(held.fd, held.path, guessBytes, maxBytes);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const held of [this.#kallsyms, this.#modules]) if ("fd" in held) closeSync(held.fd);
  }
}

/** Reads the symbols of this machine once. Never throws. */
export function openKallsyms(root = "/"): KallsymsResult {
  using held = HeldSymbols.open(root);
  return finish(held.symbols());
}

function hold(path: string): Held {
  try {
    return { path, fd: openToRead(path) };
  } catch (failure) {
    return { path, failure };
  }
}

function codeOf(failure: unknown): string | undefined {
  return (failure as NodeJS.ErrnoException).code;
}

function describeFailure(path: string, failure: unknown): string {
  const what = `Cannot read the kernel's symbols from ${path}`;
  const code = codeOf(failure);
  if (code === "ENOENT")
    return `${what}: there is no such file. Mount /proc, or boot a kernel built with CONFIG_KALLSYMS=y.`;
  if (code === "EACCES" || code === "EPERM")
    return `${what}: permission denied. Run as root, or give CAP_SYSLOG.`;
  return `${what}: ${(failure as Error).message}.`;
}
