/** The examples of the documentation, as files that are compiled against the package like a user's. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { examplesIn, readPublicApi } from "../tools/public-api.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "dist/doc-examples");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");

export interface DocExample {
  /** "index openTrace", "docs/library.md 2" */
  readonly title: string;
  readonly code: string;
  /** The output that the example promises. */
  readonly prints: string;
}

/** The examples of each export, and of the pages with TypeScript. */
export function collectExamples(): readonly DocExample[] {
  const found = new Map<string, DocExample>();
  for (const entry of readPublicApi())
    for (const { name, declaredAs, examples } of entry.exports)
      for (const [index, code] of examples.entries())
        if (!found.has(`${declaredAs} ${index}`))
          found.set(`${declaredAs} ${index}`, example(`${entry.name} ${name}`, code));
  return [...found.values(), ...pages().flatMap(examplesOfPage)];
}

function pages(): readonly string[] {
  const docs = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", ...docs.map((name) => `docs/${name}`)];
}

function examplesOfPage(page: string): readonly DocExample[] {
  const blocks = examplesIn(readFileSync(join(ROOT, page), "utf8"));
  return blocks.map((code, index) => example(`${page} ${index + 1}`, code));
}

function example(title: string, code: string): DocExample {
  const printed = [...code.matchAll(/^\s*\/\/ prints: (.*)$/gm)].map(([, line]) => `${line}\n`);
  return { title, code, prints: printed.join("") };
}

export interface Compiled {
  /** The errors of the compiler; "" for none. */
  readonly complaints: string;
  /** By title: the program to run. */
  readonly programs: ReadonlyMap<string, string>;
}

/** Compiles them with the strictest settings; they import the package by its name. */
export function compileExamples(examples: readonly DocExample[]): Compiled {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const programs = new Map<string, string>();
  for (const [index, { title, code }] of examples.entries()) {
    const file = join(FOLDER, `${index}-${title.replaceAll(/\W+/g, "-")}`);
    writeFileSync(`${file}.ts`, code);
    programs.set(title, `${file}.js`);
  }
  const compilerOptions = { rootDir: ".", outDir: ".", incremental: false, tsBuildInfoFile: null };
  writeFileSync(
    join(FOLDER, "tsconfig.json"),
    JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"], exclude: [] }),
  );
  const { stdout, stderr } = spawnSync(process.execPath, [TSC, "-p", FOLDER], { encoding: "utf8" });
  return { complaints: `${stdout}${stderr}`, programs };
}
