/**
 * Two hosts and a trace of them, for one test: it waits for drops, and closes everything at the end.
 */
import assert from "node:assert/strict";
import {
  openTrace,
  type SummaryNotice,
  type Trace,
  type TraceItem,
  type TraceOptions,
} from "../../src/index.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import type { Path } from "../../src/lab/topology.ts";
import { bareSymbol } from "../../src/reasons/index.ts";
import { imbalance } from "../../src/run/ledger.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { type DropFacts, factsOf } from "../drop-facts.ts";

export interface TracingOptions extends Omit<TraceOptions, "signal" | "netns"> {
  /** The hosts whose drops are traced; default: both. */
  readonly watch?: readonly ("client" | "server")[];
  /** How the two are joined; default: by veth. A router between them is traced too. */
  readonly path?: Path;
  /** False: everything is traced, and drops of other namespaces are ignored afterwards. */
  readonly filtered?: boolean;
}

export class Tracing implements AsyncDisposable {
  readonly hosts: Hosts;
  readonly events: TraceItem[] = [];
  readonly #allDrops: DropFacts[] = [];
  readonly #watched: ReadonlySet<number>;
  readonly #abort = new AbortController();
  #collected: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(hosts: Hosts, watched: ReadonlySet<number>) {
    this.hosts = hosts;
    this.#watched = watched;
  }

  /** Attached when it resolves: drops made from now on are seen. */
  static async open({
    watch = ["client", "server"],
    path = "veth",
    filtered = true,
    ...options
  }: TracingOptions = {}): Promise<Tracing> {
    const hosts = new Hosts(libcSyscalls, path);
    const routed = hosts.router === undefined ? [] : [hosts.router.inode];
    const watched = new Set([...watch.map((host) => hosts[host].inode), ...routed]);
    const tracing = new Tracing(hosts, watched);
    const netns = filtered ? { netns: [...watched] } : {};
    try {
      const trace = await openTrace({ ...options, ...netns, signal: tracing.#abort.signal });
      tracing.#collected = tracing.#collect(trace).catch((failure: unknown) => {
        tracing.#failure = failure;
      });
    } catch (failure) {
      hosts[Symbol.dispose]();
      throw failure;
    }
    return tracing;
  }

  async #collect(trace: Trace): Promise<void> {
    for await (const event of trace) {
      this.events.push(event);
      if (event.kind === "drop") this.#allDrops.push(factsOf(event));
    }
  }

  get drops(): readonly DropFacts[] {
    return this.#allDrops.filter(({ netns }) => netns === undefined || this.#watched.has(netns));
  }

  /** The first wanted drop; waits for it as long as waitFor does. */
  expectEvent(wanted: (drop: DropFacts) => boolean, what: string): Promise<DropFacts> {
    return waitFor(() => {
      if (this.#failure !== undefined) throw this.#failure;
      return this.drops.find(wanted);
    }, what);
  }

  /** Ends the trace; the identity holds in every run. */
  async finish(): Promise<SummaryNotice> {
    this.#abort.abort();
    await this.#collected;
    if (this.#failure !== undefined) throw this.#failure;
    const summary = this.events.at(-1);
    assert(summary?.kind === "summary", "the last event is the summary");
    assert.equal(imbalance(summary.totals), 0, `the identity: ${JSON.stringify(summary.totals)}`);
    assert.equal(summary.totals.shown, this.#allDrops.length, "shown is what was given out");
    return summary;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#collected;
    this.hosts[Symbol.dispose]();
  }
}

/** Whether a function is on the stack, at any offset, with any suffix of the compiler. */
export function hasFrame(drop: DropFacts, name: string): boolean {
  return drop.stack?.some((frame) => bareSymbol(frame) === name) ?? false;
}
