/**
 * Two hosts and a trace of them, for one test: what was dropped is waited for, and everything is closed
 * again.
 */
import assert from "node:assert/strict";
import { type SummaryNotice, type TraceItem, type TraceOptions, traceDrops } from "../../src/index.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import type { Path } from "../../src/lab/topology.ts";
import { bareSymbol } from "../../src/reasons/index.ts";
import { imbalance } from "../../src/run/ledger.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { type DropFacts, factsOf } from "../drop-facts.ts";

export interface TracingOptions extends Omit<TraceOptions, "signal" | "netns"> {
  /** The hosts whose drops are traced; both, unless told otherwise. */
  readonly watch?: readonly ("client" | "server")[];
  /** How the two are joined; by veth, unless told otherwise. A router between them is traced too. */
  readonly path?: Path;
  /** False: everything is traced, and what is known to be of other namespaces is left aside afterwards. */
  readonly filtered?: boolean;
}

export class Tracing implements AsyncDisposable {
  readonly hosts: Hosts;
  readonly events: TraceItem[] = [];
  readonly #allDrops: DropFacts[] = [];
  readonly #watched: ReadonlySet<number>;
  readonly #abort = new AbortController();
  readonly #collected: Promise<void>;
  #failure: unknown;

  /** Attached when it returns: drops made from now on are seen. */
  constructor({
    watch = ["client", "server"],
    path = "veth",
    filtered = true,
    ...options
  }: TracingOptions = {}) {
    this.hosts = new Hosts(libcSyscalls, path);
    const routed = this.hosts.router === undefined ? [] : [this.hosts.router.inode];
    this.#watched = new Set([...watch.map((host) => this.hosts[host].inode), ...routed]);
    const netns = filtered ? { netns: [...this.#watched] } : {};
    this.#collected = this.#collect({ ...options, ...netns, signal: this.#abort.signal }).catch(
      (failure: unknown) => {
        this.#failure = failure;
      },
    );
  }

  async #collect(options: TraceOptions): Promise<void> {
    for await (const event of traceDrops(options)) {
      this.events.push(event);
      if (event.kind === "drop") this.#allDrops.push(factsOf(event));
    }
  }

  get drops(): readonly DropFacts[] {
    return this.#allDrops.filter(({ netns }) => netns === undefined || this.#watched.has(netns));
  }

  /** The first drop that is wanted; waits for it, not longer than waitFor does. */
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

/** A function is on the stack, at whatever offset, and whatever the compiler made of its name. */
export function hasFrame(drop: DropFacts, name: string): boolean {
  return drop.stack?.some((frame) => bareSymbol(frame) === name) ?? false;
}
