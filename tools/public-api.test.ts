import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ENTRIES, examplesIn, readPublicApi } from "./public-api.ts";

const ROOT = join(import.meta.dirname, "../..");

test("each value that the package exports has an example", () => {
  const entries = readPublicApi();
  assert.deepEqual(
    entries.map(({ name }) => name),
    ENTRIES,
  );
  const without = entries.flatMap(({ name, exports }) =>
    exports
      .filter(({ isValue, examples }) => isValue && examples.length === 0)
      .map((each) => `${name}: ${each.name}`),
  );
  assert.deepEqual(without, []);
});

test("each type that a signature of the package names is exported beside it", () => {
  assert.deepEqual(
    readPublicApi().flatMap(({ name, missingTypes }) => missingTypes.map((missing) => `${name}: ${missing}`)),
    [],
  );
});

test("docs/library.md lists the options of a trace, all of them and no others", () => {
  const declared = readFileSync(join(ROOT, "dist/src/settings/request.d.ts"), "utf8");
  const [, members = ""] = /interface TraceOptions \{(.*?)^\}/ms.exec(declared) ?? [];
  const page = readFileSync(join(ROOT, "docs/library.md"), "utf8");
  const [, table = ""] = /^## Options$(.*?)^##/ms.exec(page) ?? [];
  const names = [...members.matchAll(/^ {4}readonly (\w+)\?:/gm)].map(([, name]) => name);
  assert.ok(names.length > 10);
  assert.deepEqual(
    [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name),
    names,
  );
});

test("an export without an example and a type that is not exported are found", () => {
  const folder = mkdtempSync(join(tmpdir(), "public-api-"));
  try {
    writeFileSync(join(folder, "hidden.d.ts"), "export interface Hidden { readonly a: 1 }\n");
    const hidden = 'import("./hidden.ts").Hidden';
    writeFileSync(
      join(folder, "index.d.ts"),
      `export declare function bare(of: ${hidden}): void;
export declare class Open { private readonly own: ${hidden}; }
/**
 * @example
 * \`\`\`ts
 * shown();
 * \`\`\`
 */
export declare function shown(): Open;
export type { Hidden as Named } from "./hidden.ts";
export type Alone = 1;
`,
    );
    writeFileSync(join(folder, "bare.d.ts"), `export declare function bare(of: ${hidden}): void;\n`);
    const [index, bare] = readPublicApi(folder, ["index", "bare"]);
    assert.deepEqual(
      index?.exports.map(({ name, isValue, examples }) => [name, isValue, examples]),
      [
        ["bare", true, []],
        ["Open", true, []],
        ["shown", true, ["shown();\n"]],
        ["Named", false, []],
        ["Alone", false, []],
      ],
    );
    assert.deepEqual(index?.missingTypes, []);
    assert.deepEqual(bare?.missingTypes, ["Hidden (in bare)"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("examplesIn takes blocks of TypeScript alone, without the margin of a comment", () => {
  const page = "```sh\nls\n```\n```ts\nlet a;\n\n  b();\n```\n";
  const comment = " * ```ts\n * let a;\n *\n *   b();\n * ```\n";
  assert.deepEqual([examplesIn(page), examplesIn(comment)], [["let a;\n\n  b();\n"], ["let a;\n\n  b();\n"]]);
});
