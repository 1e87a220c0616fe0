/** Runs a flood in a process of its own: it blocks its thread, and must not starve the tracer's. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { readNetCounters } from "../../src/host/net-counters.ts";
import type { Hosts } from "../../src/lab/hosts.ts";
import type { Netns } from "../../src/lab/netns.ts";
import type { FloodRequest } from "./flood.ts";

/** On SIGUSR1 Node opens its debugger: at an address that no machine has it cannot. */
const NO_DEBUGGER = ["--inspect-port=240.0.0.1:9229"];
const CHILD = fileURLToPath(new URL("./flood-child.js", import.meta.url));

export type ToFlood = "go" | "stop";
export type FromFlood =
  | { readonly kind: "ready" }
  /** Lower bound of the segments sent so far. */
  | { readonly kind: "progress"; readonly sent: number }
  | { readonly kind: "done"; readonly sent: number; readonly tookMs: number; readonly busyMs: number };

export interface FloodResult {
  /** Counted by the program in the kernel. */
  readonly sent: number;
  readonly tookMs: number;
  /** The part of it that went into making segments (Flood.busyMs). */
  readonly busyMs: number;
}

/** Defaults. */
const DEFAULTS = {
  family: 4,
  firstSeq: 1_000_000,
  source: 1,
  sourcePort: 40_000,
  sourcePorts: 1,
  destinationPort: 81,
  limitMs: 120_000,
} as const;

export class FloodProcess implements AsyncDisposable {
  readonly request: FloodRequest;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #sent = 0;
  #resolve: (result: FloodResult) => void = () => undefined;
  readonly #done: Promise<FloodResult>;

  private constructor(hosts: Hosts, request: FloodRequest) {
    this.request = request;
    // Without this process's own options (--test, --cpu-prof, ...), and in the namespace of the device.
    this.#child = hosts.server.inside(() =>
      fork(CHILD, [JSON.stringify(request)], { execArgv: NO_DEBUGGER }),
    );
    this.#ended = once(this.#child, "exit");
    this.#done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#child.on("message", (message: FromFlood) => {
      if (message.kind === "ready") return;
      this.#sent = message.sent;
      if (message.kind === "done") this.#resolve(message);
    });
  }

  /** Resolves when the program is loaded and ready. */
  static async start(
    hosts: Hosts,
    request: Partial<FloodRequest> & Pick<FloodRequest, "count">,
  ): Promise<FloodProcess> {
    const flood = new FloodProcess(hosts, { ...DEFAULTS, device: hosts.serverDevice, ...request });
    const ready = once(flood.#child, "message");
    await Promise.race([ready, flood.#failed()]);
    return flood;
  }

  /** Lower bound of the segments sent so far. */
  get sent(): number {
    return this.#sent;
  }

  go(): void {
    this.#child.send("go" satisfies ToFlood);
  }

  /** Stops soon; `done` has the number of segments. */
  stop(): void {
    this.#child.send("stop" satisfies ToFlood);
  }

  done(): Promise<FloodResult> {
    return Promise.race([this.#done, this.#failed()]);
  }

  async #failed(): Promise<never> {
    const [code, signal] = (await this.#ended) as [number | null, string | null];
    throw new Error(`The process that makes drops exited early, with ${signal ?? `code ${code}`}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

/**
 * TCP segments that a host has received, of both families: tcp_v4_rcv and tcp_v6_rcv count them before
 * anything else happens to them.
 */
export function receivedSegments(host: Netns): number {
  const segments = host.inside(() => readNetCounters()).get("TcpInSegs");
  if (segments === undefined) throw new Error("The kernel has no counter TcpInSegs");
  return Number(segments);
}
