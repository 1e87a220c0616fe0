/**
 * The declarations compile with the oldest supported TypeScript, 5.6, with skipLibCheck off, together with
 * all examples of the documentation. are-the-types-wrong depends on that version.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { collectExamples } from "../test/doc-examples.ts";
import { ENTRIES } from "./public-api.ts";

const ROOT = join(import.meta.dirname, "../..");
const requireHere = createRequire(import.meta.url);
const attw = createRequire(requireHere.resolve("@arethetypeswrong/core"));
const oldest = dirname(attw.resolve("typescript/package.json"));

const compilerOptions = {
  target: "es2022",
  module: "nodenext",
  lib: ["es2023", "esnext.disposable"],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  types: ["node"],
  typeRoots: [join(ROOT, "node_modules/@types")],
};

function compile(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "consumer-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules/tcpdrop"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: Object.keys(files) }),
    );
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
    const { stdout, stderr } = spawnSync(process.execPath, [join(oldest, "bin/tsc"), "-p", folder], {
      encoding: "utf8",
    });
    return `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the compiler is the oldest that the documentation supports", () => {
  const { version } = JSON.parse(readFileSync(join(oldest, "package.json"), "utf8")) as { version: string };
  const promised = /TypeScript (\d+\.\d+) or later/.exec(readFileSync(join(ROOT, "docs/library.md"), "utf8"));
  assert.equal(version.split(".").slice(0, 2).join("."), promised?.[1]);
});

test("it compiles all entries and all examples without an error", () => {
  const entries = ENTRIES.map((name) => (name === "index" ? "tcpdrop" : `tcpdrop/${name}`));
  const imports = entries.map((entry, index) => `export * as entry${index} from "${entry}";\n`).join("");
  const examples = collectExamples().map(({ code }, index) => [`example-${index}.ts`, code] as const);
  assert.ok(examples.length > 80);
  assert.equal(compile({ "entries.ts": imports, ...Object.fromEntries(examples) }), "");
});

test("it finds a wrong call", () => {
  const code =
    'import { uapi } from "tcpdrop/ebpf";\nexport const tag: string = uapi.bpfProgInfo.fields.tag;\n';
  assert.match(compile({ "wrong.ts": code }), /'BytesField' is not assignable to type 'string'/);
});
