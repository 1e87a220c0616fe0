/**
 * The bundled command with the code that V8 compiled for it when it was built: a start then compiles next to nothing. V8 refuses
 * what another version of it compiled, or what is cut off, and compiles anew. It does not look for changed bytes in the middle of a file.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { Script } from "node:vm";

/** A CommonJS file as Node itself would wrap it; esbuild writes ASCII alone. */
export function compileBundle(file: string, cachedData: Buffer | undefined): Script {
  const source = readFileSync(file, "latin1");
  return new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, { filename: file, cachedData });
}

export function runBundle(script: Script, file: string): void {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
}

/** undefined where the build left none. */
export function readCodeCache(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
