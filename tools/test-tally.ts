/** Adds up runs of node:test: their counts, the time of each file, and what failed. */

export interface Completed {
  readonly name: string;
  readonly file?: string | undefined;
  readonly details: { readonly duration_ms: number };
}

interface FileTime {
  readonly file: string;
  readonly tookMs: number;
}

const SLOWEST = 15;
/** node:test's totals, at the end of a run. */
const TOTAL = /^(pass|fail|cancelled|skipped|todo) (\d+)$/;
/** The spec reporter begins the list of failures so. */
const FAILING = "failing tests:";

export class TestTally {
  readonly #nameOf: (file: string) => string;
  readonly #files: FileTime[] = [];
  readonly #runs: Map<string, number>[] = [];
  readonly #failing: string[] = [];

  /** `nameOf`: how a file is called in the table. */
  constructor(nameOf: (file: string) => string) {
    this.#nameOf = nameOf;
  }

  /** Begins a run; what is added belongs to it. */
  begin(): void {
    this.#runs.push(new Map());
  }

  /** node:test completes a file under the name of the file. */
  complete({ name, file, details }: Completed): void {
    if (name === file) this.#files.push({ file, tookMs: details.duration_ms });
  }

  /** A message outside of all tests; the last one of each kind is the run's total. */
  message(text: string): void {
    const [, what, count] = TOTAL.exec(text) ?? [];
    if (what !== undefined) this.#runs.at(-1)?.set(what, Number(count));
  }

  /** What the spec reporter wrote in the whole run. */
  spec(text: string): void {
    const at = text.indexOf(FAILING);
    if (at >= 0) this.#failing.push(text.slice(at + FAILING.length).trim());
  }

  /** Every run came to its end and had tests, and none of them failed. */
  get good(): boolean {
    return (
      this.#runs.length > 0 &&
      this.#runs.every((run) => (run.get("pass") ?? 0) > 0) &&
      this.#sum("fail") + this.#sum("cancelled") === 0
    );
  }

  #sum(what: string): number {
    return this.#runs.reduce((sum, run) => sum + (run.get(what) ?? 0), 0);
  }

  /** Failures, the slowest files, and one line for all tests. */
  toString(): string {
    const slowest = this.#files.toSorted((a, b) => b.tookMs - a.tookMs).slice(0, SLOWEST);
    const all = this.#files.reduce((sum, { tookMs }) => sum + tookMs, 0);
    return [
      ...(this.#failing.length > 0 ? [FAILING, "", ...this.#failing, ""] : []),
      `the slowest of ${this.#files.length} files, which took ${seconds(all)} s:`,
      ...slowest.map(({ file, tookMs }) => `${seconds(tookMs).padStart(6)} s  ${this.#nameOf(file)}`),
      "",
      `tests: ${this.#sum("pass")} passed, ${this.#sum("fail") + this.#sum("cancelled")} failed, ${this.#sum("skipped") + this.#sum("todo")} skipped`,
      "",
    ].join("\n");
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
