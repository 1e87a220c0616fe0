/** A peer that runs beside the scenarios: its lines, cut where a scenario ends. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Peer, Sighting } from "./peers.ts";

const START_MS = 8_000;
const QUIET_MS = 150;
const LONGEST_QUIET_MS = 3_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Watcher {
  readonly peer: Peer;
  /** Why it does not run here; undefined while it does. */
  failure: string | undefined;
  readonly #child: ChildProcess;
  #text = "";
  #sightings: Sighting[] = [];
  #heardAt = performance.now();

  private constructor(peer: Peer) {
    this.peer = peer;
    const [program = "", ...words] = peer.command;
    // A group of its own, so that all of it can be ended.
    this.#child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let partial = "";
      stream?.on("data", (chunk: Buffer) => {
        const lines = (partial + chunk.toString("latin1")).split("\n");
        partial = lines.pop() ?? "";
        this.#hear(lines);
      });
    }
    this.#child.on("error", (failure) => {
      this.failure = failure.message;
    });
    this.#child.on("exit", () => {
      this.failure ??= lastWords(this.#text);
    });
  }

  /** Attached when it returns, or with its `failure`. */
  static async start(peer: Peer): Promise<Watcher> {
    const watcher = new Watcher(peer);
    for (const until = performance.now() + START_MS; performance.now() < until && watcher.failure === undefined; await pause(20)) {
      if (peer.ready !== undefined && watcher.#text.includes(peer.ready)) return watcher;
    }
    if (peer.ready !== undefined) watcher.failure ??= lastWords(watcher.#text);
    return watcher;
  }

  #hear(lines: readonly string[]): void {
    this.#heardAt = performance.now();
    for (const line of lines) {
      if (this.#text.length < 100_000) this.#text += `${line}\n`;
      const sighting = this.peer.parse(line);
      if (sighting !== undefined) this.#sightings.push(sighting);
    }
  }

  /** Forgets what was seen so far. */
  discard(): void {
    this.#sightings = [];
  }

  /** Everything since the last call, once the peer has had nothing more to say for a while. */
  async take(): Promise<readonly Sighting[]> {
    const until = performance.now() + LONGEST_QUIET_MS;
    do await pause(QUIET_MS / 3);
    while (performance.now() - this.#heardAt < QUIET_MS && performance.now() < until);
    const taken = this.#sightings;
    this.#sightings = [];
    return taken;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    process.kill(-this.#child.pid, "SIGINT");
    const timer = setTimeout(() => process.kill(-(this.#child.pid ?? 0), "SIGKILL"), 5_000);
    await ended;
    clearTimeout(timer);
  }
}

/** The last line that says something. */
function lastWords(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.findLast((line) => /fail|error|unable|not found|cannot|can't/i.test(line)) ?? lines.findLast((line) => line !== "") ?? "it ended without a word";
}
