/** The examples of the documentation as files that are compiled against the package, as a user's would be. */
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
  /** What it says that it prints. */
  readonly prints: string;
}

/** Of each export, and of the pages that show TypeScript. */
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
  /** What the compiler objects to; "" where it is content. */
  readonly complaints: string;
  /** By title: the program to run. */
  readonly programs: ReadonlyMap<string, string>;
}

/** Compiles them in the strictest settings, by the name of the package. */
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
