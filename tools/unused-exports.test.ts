/** Checks that each name that a file of src/ exports is imported somewhere, or belongs to the package's exports. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "../..");
const FOLDERS = ["src", "test", "tools", "bench", "examples"] as const;
/** The exports of the package: whoever uses them is not here. */
const ENTRIES: readonly string[] = ["src/index.ts", "src/ebpf.ts", "src/reasons.ts", "src/reconcile.ts"];
type Sources = ReadonlyMap<string, string>;

function readSources(): Sources {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
  );
  const wanted = files.filter((file) => file.endsWith(".ts"));
  return new Map(wanted.sort().map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
}

interface Import {
  readonly from: string;
  /** Undefined: all names. */
  readonly names: readonly string[] | undefined;
  readonly isExport: boolean;
}

const FROM = /\b(import|export)\s+(?:type\s+)?(\*(?: as \w+)?|\{[^}]*\})\s*from\s*"(\.[^"]+)"/g;
const LATER = /\bimport\(\s*"(\.[^"]+)"/g;

function importsOf(file: string, text: string): readonly Import[] {
  const found = [...text.matchAll(FROM)].map(([, word, what = "", path = ""]) => ({
    from: join(file, "..", path),
    names: what.startsWith("*") ? undefined : namesIn(what),
    isExport: word === "export",
  }));
  const later = [...text.matchAll(LATER)].map(([, path = ""]) => ({
    from: join(file, "..", path),
    names: undefined,
    isExport: false,
  }));
  return [...found, ...later];
}

/** "{ a, type B, c as d }" as a, B, c. */
function namesIn(braces: string): readonly string[] {
  return [...braces.matchAll(/(?:[{,]\s*)(?:type\s+)?(\w+)/g)].map(([, name = ""]) => name);
}

const DECLARED = /^export (?:abstract |async )?(const|let|function\*?|class|interface|type) (\w+)/gm;

/** Exports that nothing imports. A type may stand in a signature that is exported: it counts where it is used. */
function unusedExports(sources: Sources): readonly string[] {
  const imports = [...sources].flatMap(([file, text]) => importsOf(file, text));
  const wholly = new Set(imports.filter(({ names }) => names === undefined).map(({ from }) => from));
  const used = new Set(imports.flatMap(({ from, names = [] }) => names.map((name) => `${from} ${name}`)));
  return [...sources].flatMap(([file, text]) => {
    if (!file.startsWith("src/") || file.includes(".test.") || ENTRIES.includes(file) || wholly.has(file))
      return [];
    const declared = [...text.matchAll(DECLARED)].map(([, kind = "", name = ""]) => {
      const isType = kind === "interface" || kind === "type";
      return { name, used: isType && text.match(new RegExp(`\\b${name}\\b`, "g"))?.length !== 1 };
    });
    // A front door offers what its folder has, also to who comes later.
    const passedOn = importsOf(file, text).flatMap(({ names = [], isExport }) =>
      isExport && !file.endsWith("/index.ts") ? names.map((name) => ({ name, used: false })) : [],
    );
    return [...declared, ...passedOn]
      .filter((one) => !one.used && !used.has(`${file} ${one.name}`))
      .map(({ name }) => `${file}: ${name}`);
  });
}

test("each export of src/ is used by another file", () => {
  const unused = unusedExports(readSources());
  assert.deepEqual(unused, []);
});

test("an export that nothing imports is found, declared or passed on", () => {
  const planted = new Map([
    ["src/a.ts", "export const used = 1;\nexport function alone() {}\nexport interface Alone {}"],
    ["src/b.ts", 'export { used, type Shape } from "./a.ts";\nexport type Own = 1;\nexport let own: Own;'],
    ["src/c.ts", 'import { used } from "./b.ts";\nimport * as all from "./d.ts";'],
    ["src/d.ts", "export const any = 1;"],
    ["src/index.ts", "export const entry = 1;"],
  ]);
  assert.deepEqual(unusedExports(planted), [
    "src/a.ts: alone",
    "src/a.ts: Alone",
    "src/b.ts: own",
    "src/b.ts: Shape",
  ]);
});
