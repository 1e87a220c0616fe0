/** A measured tool, in a process group of its own, so that all of it can be ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Readable } from "node:stream";
import { type ProcessUsage, processUsage } from "./process.ts";

export type Stream = "stdout" | "stderr";

export interface ToolCommand {
  readonly command: readonly string[];
  /** A pipe whose output is kept, a stream for the caller, or a descriptor. Default: discarded. */
  readonly stdout?: "pipe" | "stream" | number | undefined;
  readonly onData?: ((chunk: Buffer, stream: Stream) => void) | undefined;
}

/** A tool is idle if it sleeps and used at most one clock tick of CPU time for this long. */
const IDLE_MS = 300;
const TICK_S = 0.01;
const IDLE_LIMIT_MS = 120_000;
/** From the signal to end until SIGKILL. */
const END_MS = 30_000;
const START_MS = 20_000;
/** From the first perf event to the last probe. */
const ATTACHING_MS = 700;
const MOST_WORDS = 1 << 20;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class ToolProcess implements AsyncDisposable {
  readonly startedMs = performance.now();
  readonly #child: ChildProcess;
  /** Resolves when it has ended and all its output was read. */
  readonly ended: Promise<void>;
  /** Keeps it from outliving this process. */
  readonly #kill = (): void => this.#signal("SIGKILL");
  #said = "";
  #failure: string | undefined;

  constructor({ command, stdout, onData }: ToolCommand) {
    const [program = "", ...words] = command;
    this.#child = spawn(program, words, {
      stdio: ["ignore", stdout === "stream" ? "pipe" : (stdout ?? "ignore"), "pipe"],
      detached: true,
    });
    process.once("exit", this.#kill);
    for (const stream of stdout === "stream" ? (["stderr"] as const) : (["stdout", "stderr"] as const))
      this.#child[stream]?.on("data", (chunk: Buffer) => {
        this.#said += chunk.toString("latin1");
        if (this.#said.length > MOST_WORDS) this.#said = this.#said.slice(-MOST_WORDS / 2);
        onData?.(chunk, stream);
      });
    this.ended = new Promise((resolve) => {
      this.#child.once("error", ({ message }) => {
        this.#failure = message;
        resolve();
      });
      this.#child.once("close", () => {
        this.#failure ??= lastWords(this.#said);
        resolve();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Its stdout, if that is a stream. */
  get stdout(): Readable {
    if (this.#child.stdout === null) throw new Error("Its stdout is not a stream");
    return this.#child.stdout;
  }

  /** Its stderr, and its stdout if that is a pipe. */
  get said(): string {
    return this.#said;
  }

  /** Why it is not running; undefined while it is. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Waits until it prints `words`. */
  async says(words: string): Promise<void> {
    await this.#until(() => this.#said.includes(words), `say "${words}"`);
  }

  /**
   * For tools that do not report that they are attached: waits until they hold perf events, then a little
   * longer.
   */
  async holdsPerfEvents(): Promise<void> {
    await this.#until(() => descriptorsOf(this.pid).includes("anon_inode:[perf_event]"), "open a perf event");
    await pause(ATTACHING_MS);
    if (this.#failure !== undefined) throw new Error(`It ended: ${this.#failure}`);
  }

  async #until(happened: () => boolean, what: string): Promise<void> {
    for (const until = performance.now() + START_MS; !happened(); await pause(2)) {
      if (this.#failure !== undefined) throw new Error(`It ended: ${this.#failure}`);
      if (performance.now() > until)
        throw new Error(`It did not ${what} within ${START_MS} ms: ${lastWords(this.#said)}`);
    }
  }

  usage(): ProcessUsage {
    return processUsage(this.pid);
  }

  /** Waits until it is idle. */
  async idle(): Promise<ProcessUsage> {
    let usage = this.usage();
    for (const until = performance.now() + IDLE_LIMIT_MS; performance.now() < until; ) {
      await pause(IDLE_MS);
      const next = this.usage();
      if (next.sleeps && next.cpuS - usage.cpuS <= TICK_S) return next;
      usage = next;
    }
    throw new Error(`It is still busy after ${IDLE_LIMIT_MS} ms`);
  }

  /** Stops it for this long (SIGSTOP). */
  async stall(ms: number): Promise<void> {
    this.#signal("SIGSTOP");
    await pause(ms);
    this.#signal("SIGCONT");
  }

  /** Ends it as Ctrl-C does, and returns all its output. */
  async end(): Promise<string> {
    this.#signal("SIGINT");
    const timer = setTimeout(this.#kill, END_MS);
    await this.ended;
    clearTimeout(timer);
    process.off("exit", this.#kill);
    return this.#said;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#failure !== undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It has exited already.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await this.ended;
    process.off("exit", this.#kill);
  }
}

/** Targets of a process's descriptors; none once it is gone. */
function descriptorsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

/** The last line that is not empty. */
export function lastWords(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return (
    lines.findLast((line) => /fail|error|unable|not found|cannot|can't/i.test(line)) ??
    lines.findLast((line) => line !== "") ??
    "it ended without a word"
  );
}
