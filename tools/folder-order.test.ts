/**
 * Checks that src/ keeps to FOLDER_ORDER and has no import cycle between files. Type-only imports count, too.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CONFINED, FOLDER_ORDER } from "./folder-order.ts";

const SRC = join(import.meta.dirname, "../../src");
type Sources = ReadonlyMap<string, string>;

/** Text of each file below src/, by path, without tests. */
function readSources(): Sources {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" });
  const wanted = files.filter((file) => file.endsWith(".ts") && !file.includes(".test."));
  return new Map(wanted.sort().map((file) => [file, readFileSync(join(SRC, file), "utf8")]));
}

const folderOf = (file: string): string => file.split("/")[0] ?? file;

function importsOf(file: string, text: string): readonly string[] {
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map((match) => join(file, "..", match[1] ?? "").replace(/\.js$/, ".ts"));
}

/** Violations of the order, as text. */
function misplaced(sources: Sources): readonly string[] {
  const problems: string[] = [];
  for (const [file, text] of sources) {
    const rank = FOLDER_ORDER.indexOf(folderOf(file));
    if (rank < 0) problems.push(`${file}: not in FOLDER_ORDER`);
    for (const other of importsOf(file, text))
      if (FOLDER_ORDER.indexOf(folderOf(other)) > rank) problems.push(`${file} imports ${other}`);
    for (const { pattern, folder } of CONFINED)
      if (folderOf(file) !== folder && pattern.test(text)) problems.push(`${file} has ${pattern}`);
  }
  return problems;
}

/** The cycles met on a walk along the imports, as "a.ts > b.ts > a.ts". */
function cycles(sources: Sources): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file].join(" > "));
    if (at >= 0 || done.has(file)) return;
    for (const next of importsOf(file, sources.get(file) ?? "")) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of sources.keys()) walk(file, []);
  return found;
}

test("src/ imports in the order of FOLDER_ORDER, and has each of its entries", () => {
  const sources = readSources();
  assert.deepEqual(misplaced(sources), []);
  const folders = new Set([...sources.keys()].map(folderOf));
  assert.deepEqual(
    FOLDER_ORDER.filter((entry) => !folders.has(entry)),
    [],
  );
});

test("each folder has a README, which names the file to begin with", () => {
  for (const folder of FOLDER_ORDER.filter((entry) => !entry.endsWith(".ts"))) {
    const readme = readFileSync(join(SRC, folder, "README.md"), "utf8");
    const first = /^- Begin with: `(.+)`\.$/m.exec(readme)?.[1];
    assert.ok(first !== undefined && existsSync(join(SRC, folder, first)), `${folder}/README.md: ${first}`);
  }
});

test("src/ has no cycle between files", () => {
  assert.deepEqual(cycles(readSources()), []);
});

test("an import against the order, an unknown folder, a confined word and a cycle are found", () => {
  const planted = new Map([
    ["bytes/a.ts", 'import type { B } from "../sys/b.ts";'],
    ["sys/b.ts", 'export * from "./c.ts";\nimport koffi from "koffi";'],
    ["sys/c.ts", 'const later = await import("../bytes/a.ts");'],
    ["misc/d.ts", 'import koffi from "koffi";'],
  ]);
  assert.deepEqual(misplaced(planted), [
    "bytes/a.ts imports sys/b.ts",
    "misc/d.ts: not in FOLDER_ORDER",
    'misc/d.ts has /"koffi"/',
  ]);
  assert.deepEqual(cycles(planted), ["bytes/a.ts > sys/b.ts > sys/c.ts > bytes/a.ts"]);
});
