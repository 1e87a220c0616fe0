/** What tests give where symbols are read. */
import type { Kallsyms } from "./kallsyms.ts";
import type { LoadedModules } from "./loaded-modules.ts";
import { steps } from "./steps.test.kit.ts";
import type { SymbolReader } from "./symbol-reader.ts";

/** These symbols at every reading, or this problem; nothing is known of modules. */
export function symbolsOf(of: Kallsyms | string | undefined): SymbolReader {
  return readsSymbols(() => of);
}

/** What `read` returns, after so many steps. */
export function readsSymbols(
  read: () => Kallsyms | string | undefined,
  { stepCount = 0, modules = () => undefined }: ReadingOptions = {},
): SymbolReader {
  return {
    symbols: () => {
      const of = read();
      return steps(
        typeof of === "string" ? { symbols: undefined, problem: of } : { symbols: of, problem: undefined },
        stepCount,
      );
    },
    modules,
  };
}

interface ReadingOptions {
  readonly stepCount?: number;
  readonly modules?: () => LoadedModules | undefined;
}
