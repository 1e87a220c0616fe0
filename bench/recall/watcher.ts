/** A peer that runs during the scenarios: its lines, split by scenario. */
import { lastWords, pause, type Stream, ToolProcess } from "../tool-process.ts";
import type { Peer, Sighting } from "./peers.ts";

const START_MS = 8_000;
const QUIET_MS = 150;
const LONGEST_QUIET_MS = 3_000;

export class Watcher {
  readonly peer: Peer;
  readonly #tool: ToolProcess;
  readonly #partial: Record<Stream, string> = { stdout: "", stderr: "" };
  #unready: string | undefined;
  #sightings: Sighting[] = [];
  #heardAt = performance.now();

  private constructor(peer: Peer) {
    this.peer = peer;
    this.#tool = new ToolProcess({
      command: peer.command,
      stdout: "pipe",
      onData: (chunk, stream) => this.#hear(chunk, stream),
    });
  }

  /** Attached when it returns, or its `failure` is set. */
  static async start(peer: Peer): Promise<Watcher> {
    const watcher = new Watcher(peer);
    for (
      const until = performance.now() + START_MS;
      performance.now() < until && watcher.failure === undefined;
      await pause(20)
    ) {
      if (peer.ready !== undefined && watcher.#tool.said.includes(peer.ready)) return watcher;
    }
    if (peer.ready !== undefined) watcher.#unready = watcher.failure ?? lastWords(watcher.#tool.said);
    return watcher;
  }

  /** Why it is not running; undefined while it is. */
  get failure(): string | undefined {
    return this.#unready ?? this.#tool.failure;
  }

  #hear(chunk: Buffer, stream: Stream): void {
    this.#heardAt = performance.now();
    const lines = (this.#partial[stream] + chunk.toString("latin1")).split("\n");
    this.#partial[stream] = lines.pop() ?? "";
    for (const line of lines) {
      const sighting = this.peer.parse(line);
      if (sighting !== undefined) this.#sightings.push(sighting);
    }
  }

  /** Forgets what it has seen so far. */
  discard(): void {
    this.#sightings = [];
  }

  /** Everything since the last call, once the peer has been silent for a while. */
  async take(): Promise<readonly Sighting[]> {
    const until = performance.now() + LONGEST_QUIET_MS;
    do await pause(QUIET_MS / 3);
    while (performance.now() - this.#heardAt < QUIET_MS && performance.now() < until);
    const taken = this.#sightings;
    this.#sightings = [];
    return taken;
  }

  async stop(): Promise<void> {
    await this.#tool.end();
  }
}
