/** Checks what `npm pack` puts into the package. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "../..");

function packedFiles(): readonly string[] {
  const arguments_ = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const json = execFileSync("npm", arguments_, {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = JSON.parse(json) as readonly { readonly files: readonly { readonly path: string }[] }[];
  return packed?.files.map(({ path }) => path) ?? [];
}

test("the package has what the README links to, and its entry points", () => {
  const files = packedFiles();
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? "");
  const wanted = [
    "dist/src/index.js",
    "dist/src/index.d.ts",
    "dist/src/ebpf.js",
    "dist/src/reasons.js",
    "dist/bin/cli/main.cjs",
    ...links,
  ];
  assert.ok(links.length > 10);
  assert.deepEqual(
    wanted.filter(
      (path) => !files.some((file) => (path.endsWith("/") ? file.startsWith(path) : file === path)),
    ),
    [],
  );
});

test("the package has no tests, no source maps, and nothing that only the bundle needs", () => {
  const files = packedFiles();
  assert.ok(files.length > 100);
  assert.deepEqual(
    files.filter((file) => /\.test\.|\.map$|^dist\/(?!src\/|bin\/)|^dist\/src\/(cli|lab)\//.test(file)),
    [],
  );
});

/** Files loaded when this one is imported, without those of `import()`. */
function loadedWith(file: string, loaded = new Set<string>()): ReadonlySet<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  const text = readFileSync(join(ROOT, file), "utf8");
  const imports = text.matchAll(/^(?:import|export) (?:[^"'`;=()]* from )?"(\.[^"]+\.js)"/gm);
  for (const [, path = ""] of imports) loadedWith(join(file, "..", path), loaded);
  return loaded;
}

test("importing the library does not load the tables of reasons", () => {
  const tables = (entry: string): readonly string[] =>
    [...loadedWith(`dist/src/${entry}.js`)].filter((file) => file.startsWith("dist/src/reasons/"));
  assert.deepEqual([tables("index"), tables("ebpf")], [[], []]);
  assert.ok(tables("reasons").length > 10);
  assert.ok(loadedWith("dist/src/index.js").has("dist/src/trace.js"));
});
