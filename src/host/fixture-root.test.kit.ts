/**
 * A folder that stands for "/" in tests: holds just the files that are given, and goes when it is disposed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface FixtureRoot extends Disposable {
  readonly path: string;
}

/** `files`: path below the root to content. */
export function fixtureRoot(files: Readonly<Record<string, string>> = {}): FixtureRoot {
  const path = mkdtempSync(join(tmpdir(), "tcpdrop-root-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(path, dirname(name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
