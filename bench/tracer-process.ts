/** A tracer in a process of its own, for benches. Its rows go to /dev/null, so that no reader and no disk is measured. */
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { type ProcessUsage, processUsage } from "./process.ts";

/** A tracer that used no CPU time for so long has nothing more to do. */
const IDLE_MS = 300;
const LIMIT_MS = 120_000;
const IDENTITY = /seen (\d+) = shown (\d+).* \+ filtered (\d+) .* \+ unread (\d+) \+ lost (\d+) \+ undecodable (\d+); missed: at most (\d+)/;

/** `output` is a format of the command line, or "library". */
export class TracerProcess implements AsyncDisposable {
  readonly #child;
  readonly #exit: Promise<unknown>;
  #words = "";

  private constructor(output: string, stacks: boolean, netns: string) {
    const program =
      output === "library"
        ? [join(import.meta.dirname, "storm-library.js"), netns]
        : [join(import.meta.dirname, "../bin/cli/main.cjs"), "--netns", netns, "--format", output, "--stacks", "all"];
    this.#child = spawn(process.execPath, [...program, ...(stacks ? [] : ["--no-stack"])], { stdio: ["ignore", openSync("/dev/null", "w"), "pipe"] });
    this.#exit = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stderr?.on("data", (chunk) => {
      this.#words += String(chunk);
    });
  }

  /** Attached when it returns. `netns` is the inode number of the namespace that is traced. */
  static async start(output: string, stacks: boolean, netns: number): Promise<TracerProcess> {
    const tracer = new TracerProcess(output, stacks, String(netns));
    while (!tracer.#words.includes("Tracing")) {
      if (tracer.#child.exitCode !== null) throw new Error(`The tracer ended: ${tracer.#words}`);
      await sleep(10);
    }
    return tracer;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits until it has nothing more to do. */
  async idle(): Promise<ProcessUsage> {
    let usage = processUsage(this.pid);
    for (const until = performance.now() + LIMIT_MS; performance.now() < until; ) {
      await sleep(IDLE_MS);
      const next = processUsage(this.pid);
      if (next.cpuS === usage.cpuS) return next;
      usage = next;
    }
    throw new Error(`The tracer still works after ${LIMIT_MS} ms`);
  }

  /** Its own numbers. `ours` are the drops of our hosts: those of others were filtered, or could not be decoded. */
  async end(): Promise<{ shown: number; lost: number; unread: number; missed: number; ours: number }> {
    this.#child.kill("SIGINT");
    await this.#exit;
    const [seen = 0, shown = 0, filtered = 0, unread = 0, lost = 0, undecodable = 0, missed = 0] = (IDENTITY.exec(this.#words) ?? []).slice(1).map(Number);
    return { shown, lost, unread, missed, ours: seen - filtered - undecodable };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.#exit;
  }
}

function sleep(ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
