/** The built command line as a child process: started, read from, and never left behind. */
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PATIENCE, waitFor } from "../../src/lab/hosts.ts";
import { patient } from "../patience.ts";

const PACKAGE = new URL("../../../package.json", import.meta.url);
const { bin } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { bin: { tcpdrop: string } };
/** What is installed: it starts in half the time of the compiled files, with which bundled.test.ts compares it. */
export const MAIN = fileURLToPath(new URL(bin.tcpdrop, PACKAGE));
const LIMIT_MS = patient(20_000);
/** Runs it to its end. */
export function runCommand(...words: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [MAIN, ...words], { encoding: "utf8", timeout: LIMIT_MS });
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A command that runs until it is ended; killed when the test is over. */
export class RunningCommand implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";
  #isOver = false;

  constructor(
    words: readonly string[],
    program: string = process.execPath,
    programWords: readonly string[] = [MAIN],
  ) {
    this.process = spawn(program, [...programWords, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    this.process.stdout?.on("data", (bytes: Buffer) => {
      this.stdout += bytes.toString();
    });
    this.process.stderr?.on("data", (bytes: Buffer) => {
      this.stderr += bytes.toString();
    });
    this.ended = new Promise((resolve) => {
      this.process.on("close", (code, signal) => {
        this.#isOver = true;
        resolve({ code, signal });
      });
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get pid(): number {
    const { pid } = this.process;
    if (pid === undefined) throw new Error(`It did not start: ${this.stderr}`);
    return pid;
  }

  /** Waits for its message that it is attached. */
  async attached(): Promise<void> {
    for (let patience = PATIENCE; patience > 1 && !this.#isOver && !this.#saysSo; patience -= 1)
      await waitFor(() => this.#saysSo, "").catch(() => undefined);
    await waitFor(() => {
      if (this.#isOver) throw new Error(`It ended before it attached: ${this.stderr}`);
      return this.#saysSo;
    }, "The attachment");
  }

  get #saysSo(): true | undefined {
    return this.stderr.includes("Tracing TCP drops") ? true : undefined;
  }

  /** How it ended, and how long that took from now on; at most 20 s. */
  async end(signal?: NodeJS.Signals): Promise<Ended & { ms: number }> {
    const from = performance.now();
    if (signal !== undefined) this.process.kill(signal);
    const limit = setTimeout(() => this.process.kill("SIGKILL"), LIMIT_MS);
    const ended = await this.ended;
    clearTimeout(limit);
    return { ...ended, ms: performance.now() - from };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.process.kill("SIGKILL");
    await this.ended;
  }
}
