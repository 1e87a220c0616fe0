/**
 * The kernel's counters at the end of a trace, beside what it saw: with --reconcile. They belong to one network
 * namespace, and to all of its drops (trace-settings.ts demands that).
 */
import { TcpdropError } from "../errors.ts";
import type { HeldNetns } from "../host/enter-netns.ts";
import { machineFailure } from "../listeners/machine-failure.ts";
import type { Event, SummaryNotice } from "../model/index.ts";
import type { CounterWatch, WatchResult } from "../reconcile/counter-watch.ts";
import { formatReconcileTable, formatVerdict } from "../sinks/reconcile-text.ts";
import type { OpenLive } from "../source/open-live.ts";
import type { Stage } from "../stages/stage.ts";
import { holdNetns, watchNetns } from "./watch-netns.ts";

export class CountersOfRun implements Stage, Disposable {
  readonly name = "counters";
  readonly #inode: number | undefined;
  #held: HeldNetns | undefined;
  #problem: string | undefined;
  #watch: CounterWatch | undefined;

  /** `inode` of the namespace; undefined where the counters were not asked for. */
  constructor(inode: number | undefined) {
    this.#inode = inode;
  }

  get isWanted(): boolean {
    return this.#inode !== undefined;
  }

  /**
   * Reads the counters. To be called when drops are being traced already: looking for the namespace may take
   * longer than attaching. Without the right to enter it the trace goes on, and says at the end what it could
   * not do.
   */
  start(live: OpenLive): void {
    const inode = this.#inode;
    if (inode === undefined) return;
    this.#try(() => {
      this.#held = holdNetns(inode, live);
      this.#watch = watchNetns(this.#held, live.source);
    });
  }

  apply(event: Event): void {
    if (event.kind === "drop") this.#watch?.observe(event);
  }

  problems(): readonly string[] {
    const problem = this.#problem;
    return problem === undefined ? [] : [`The kernel's own counters could not be read: ${problem}`];
  }

  /** The end of the trace: reads them again. */
  close(): void {
    this.#try(() => this.#watch?.close());
  }

  /** Once every drop has been observed. */
  result({ bySite, totals }: SummaryNotice): WatchResult | undefined {
    return this.#problem === undefined ? this.#watch?.result(bySite, totals.refusedSyns) : undefined;
  }

  /** What to say of them, with newlines; "" for nothing. */
  words(result: WatchResult | undefined, { totals }: SummaryNotice): string {
    if (result === undefined) return "";
    const seconds = (Number(result.spanNs) / 1e9).toFixed(1);
    const title = `the kernel's counters of network namespace ${result.netns}, from two readings ${seconds} s apart:`;
    return `${title}\n${formatReconcileTable(result)}${formatVerdict(result, totals.undecodable)}`;
  }

  #try(step: () => void): void {
    try {
      step();
    } catch (failure) {
      this.#problem = problemOf(failure);
    }
  }

  [Symbol.dispose](): void {
    this.#held?.[Symbol.dispose]();
  }
}

function problemOf(failure: unknown): string {
  const message = machineFailure(failure);
  return failure instanceof TcpdropError && failure.hint !== undefined
    ? `${message}. ${failure.hint}`
    : message;
}
