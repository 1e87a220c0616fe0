/**
 * A trace of the server that keeps no events: each drop of a flood is checked on arrival, and checked off by
 * its sequence number.
 */
import assert from "node:assert/strict";
import {
  type DropEvent,
  openTrace,
  type SummaryNotice,
  type Totals,
  type Trace,
  type TraceOptions,
} from "../../src/index.ts";
import type { Hosts } from "../../src/lab/hosts.ts";
import { imbalance } from "../../src/run/ledger.ts";
import type { FloodRequest } from "../lab/flood.ts";
import { inverse16, inverse32 } from "../lab/flood-program.ts";

export class Witness implements AsyncDisposable {
  shown = 0;
  /** Sum of the counts of the lost events. */
  lostReported = 0;
  readonly #stacks: boolean;
  readonly #floods: readonly FloodRequest[];
  /** For each flood, a byte per drop: 1 if it was shown. */
  readonly #ticked: readonly Uint8Array[];
  readonly #abort = new AbortController();
  #over: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #summary: SummaryNotice | undefined;

  private constructor(floods: readonly FloodRequest[], stacks: boolean) {
    this.#stacks = stacks;
    this.#floods = floods;
    this.#ticked = floods.map(({ count }) => new Uint8Array(count));
  }

  /** Attached when it resolves. */
  static async open(
    hosts: Hosts,
    floods: readonly FloodRequest[],
    options: Pick<TraceOptions, "stacks" | "bufferBytes"> = {},
  ): Promise<Witness> {
    const witness = new Witness(floods, (options.stacks ?? "all") !== "none");
    const trace = await openTrace({
      stacks: "all",
      ...options,
      netns: [hosts.server.inode],
      signal: witness.#abort.signal,
    });
    witness.#over = witness.#watch(trace).catch((failure: unknown) => {
      witness.#failure = failure;
    });
    return witness;
  }

  async #watch(trace: Trace): Promise<void> {
    for await (const event of trace) {
      if (event.kind === "drop") this.#tick(event);
      else if (event.kind === "lost") this.lostReported += event.count;
      else if (event.kind === "summary") this.#summary = event;
    }
  }

  #tick({ flow, site, packet, stack }: DropEvent): void {
    const { seq = -1, ack, window } = packet;
    const { sport = -1 } = flow;
    const index = this.#floods.findIndex(({ firstSeq, count }) => seq >= firstSeq && seq < firstSeq + count);
    const flood = this.#floods[index];
    const ticked = this.#ticked[index];
    if (flood === undefined || ticked === undefined) throw new Error(`A drop that no flood made: seq ${seq}`);
    const nth = seq - flood.firstSeq;
    const right =
      ticked[nth] === 0 &&
      site.reason === "NO_SOCKET" &&
      ack === inverse32(seq) &&
      sport === flood.sourcePort + (nth & (flood.sourcePorts - 1)) &&
      window === inverse16(sport) &&
      flow.ip === flood.family &&
      (stack !== undefined) === this.#stacks;
    if (!right)
      throw new Error(
        `Drop ${nth} is ${ticked[nth] === 0 ? "not what was sent" : "shown twice"}: ${site.reason} ack ${ack} sport ${sport}`,
      );
    ticked[nth] = 1;
    this.shown += 1;
  }

  /** Waits until this many are shown; ends earlier if no more come, or something failed. */
  async caughtUp(count: number): Promise<void> {
    const quietMs = 2000;
    let shown = -1;
    for (
      let until = 0;
      this.#failure === undefined && this.shown < count;
      await new Promise((resolve) => setTimeout(resolve, 20))
    ) {
      if (this.shown !== shown) until = performance.now() + quietMs;
      else if (performance.now() > until) return;
      shown = this.shown;
    }
  }

  /** Ends the trace, and checks what holds in every run. */
  async finish(): Promise<Totals> {
    this.#abort.abort();
    await this.#over;
    if (this.#failure !== undefined) throw this.#failure;
    assert(this.#summary !== undefined, "the last event is the summary");
    const { totals } = this.#summary;
    assert.equal(imbalance(totals), 0, `the identity: ${JSON.stringify(totals)}`);
    assert.equal(totals.shown, this.shown, "shown is what was given out");
    assert.equal(totals.lost, this.lostReported, "each loss was reported");
    return totals;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#over;
  }
}
