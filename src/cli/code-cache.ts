/**
 * The bundled command with the code that V8 compiled for it when it was built: a start then compiles next to
 * nothing. V8 refuses what is cut off or what another version of it compiled, and compiles anew. It does not
 * look for changed bytes in the middle of a file.
 *
 * But it takes what came from another patch release of Node whose V8 has the same four numbers, and crashes:
 * code of 20.20.2 in 20.11.0 (SerializedCodeData::SanityCheck, src/snapshot/code-serializer.cc of V8 11.3).
 * So a cache begins with the build of Node that it is for.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { Script } from "node:vm";

/** A CommonJS file as Node itself would wrap it; esbuild writes ASCII alone. */
export function compileBundle(file: string, cachedData: Buffer | undefined): Script {
  const source = readFileSync(file, "latin1");
  return new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: file,
    cachedData,
  });
}

export function runBundle(script: Script, file: string): void {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
}

/** Release, architecture, and how it was built: distributions build one version in several ways. */
export type NodeBuild = Readonly<Pick<NodeJS.Process, "version" | "arch" | "config">>;

/** What V8 compiled, as this build of Node alone takes it. */
export function encodeCodeCache(code: Buffer, build: NodeBuild = process): Buffer {
  return Buffer.concat([describe(build), code]);
}

/** undefined where the build left none, or where another Node did. */
export function readCodeCache(file: string): Buffer | undefined {
  const own = describe(process);
  try {
    const bytes = readFileSync(file);
    return bytes.subarray(0, own.length).equals(own) ? bytes.subarray(own.length) : undefined;
  } catch {
    return undefined;
  }
}

/** Filled up to whole words: V8 copies code that is not aligned. */
function describe({ version, arch, config }: NodeBuild): Buffer {
  const text = `${version} ${arch} ${JSON.stringify(config)}`;
  return Buffer.from(`${text.padEnd(8 * Math.ceil((text.length + 1) / 8) - 1)}\n`, "latin1");
}
