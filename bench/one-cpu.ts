/** Everything started meanwhile runs on one CPU, the first allowed one. */
import { spawnSync } from "node:child_process";

export class OneCpu implements Disposable {
  readonly #allowed = taskset("-pc", String(process.pid)).replace(/.*: /s, "");

  constructor() {
    this.#allow(/^\d+/.exec(this.#allowed)?.[0] ?? "0");
  }

  /** Applies to this thread, which starts the others. */
  #allow(cpus: string): void {
    taskset("-pc", cpus, String(process.pid));
  }

  [Symbol.dispose](): void {
    this.#allow(this.#allowed);
  }
}

/** Its output; an Error if it fails. */
function taskset(...words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("taskset", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`taskset ${words.join(" ")}: ${error?.message ?? stderr}`);
  return stdout.trim();
}
