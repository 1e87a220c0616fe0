/**
 * The kernel's counters at the end of a trace, beside what it saw.
 *
 * They belong to one network namespace, and to all of its drops. So a trace has them where it is of exactly one namespace and of both families;
 * any other trace says how to get them.
 */
import type { Enricher } from "../enrich/enricher.ts";
import type { ReasonNames } from "../enrich/reason-names.ts";
import { TcpdropError } from "../errors.ts";
import type { DropEvent, RefusedEvent, SummaryEvent } from "../event.ts";
import { HeldNetns } from "../host/enter-netns.ts";
import type { Session } from "../pipeline/session.ts";
import type { CounterWatch, WatchResult } from "../reconcile/counter-watch.ts";
import { formatReconcileTable, formatVerdict } from "../sinks/reconcile-text.ts";
import { libcSyscalls } from "../sys/libc.ts";
import type { TraceRequest } from "../trace.ts";
import { watchNetns } from "./watch-netns.ts";

export class CountersOfRun implements Disposable {
  #held: HeldNetns | undefined;
  #problem: string | undefined;
  #watch: CounterWatch | undefined;

  /** Without the right to enter the namespace the trace goes on, and says at the end what it could not do. */
  constructor({ netns, family }: TraceRequest) {
    const [inode] = netns ?? [];
    if (inode === undefined || netns?.length !== 1 || family !== undefined) return;
    this.#try(() => {
      this.#held = HeldNetns.open(libcSyscalls, inode);
    });
  }

  get isWanted(): boolean {
    return this.#held !== undefined;
  }

  /** Attached: reads the counters. */
  start(names: ReasonNames): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#try(() => {
      this.#watch = watchNetns(held, names);
    });
  }

  observe(event: DropEvent): void {
    this.#watch?.observe(event);
  }

  observeRefused(event: RefusedEvent): void {
    this.#watch?.observeRefused(event);
  }

  /** The end of the trace: reads them again. */
  close(): void {
    this.#try(() => this.#watch?.close());
  }

  /** Once every drop has been observed. Those that the kernel's program hid are known by their reason alone. */
  result(session: Session, enricher: Enricher): WatchResult | undefined {
    if (this.#watch === undefined || this.#problem !== undefined) return undefined;
    const { hiddenNormalByReason, hiddenCopyByReason } = session.tracer.counters();
    for (const [code, count] of [...hiddenNormalByReason, ...hiddenCopyByReason]) {
      const { name, subsystem } = enricher.meaning(code);
      this.#watch.counts.addUntold(name, subsystem, count);
    }
    return this.#watch.result();
  }

  /** What to say of them, with newlines; "" for nothing. */
  words(result: WatchResult | undefined, { totals }: SummaryEvent): string {
    if (this.#problem !== undefined) return `The kernel's own counters could not be read: ${this.#problem}\n`;
    if (result !== undefined)
      return `the kernel's counters of network namespace ${result.netns}:\n${formatReconcileTable(result)}${formatVerdict(result, totals.lost + totals.unread + totals.undecodable)}`;
    return totals.seen > 0 ? "For the kernel's own counters beside these: tcpdrop reconcile, or --netns WHICH without -4 and -6.\n" : "";
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
  if (!(failure instanceof TcpdropError)) throw failure;
  return failure.hint === undefined ? failure.message : `${failure.message}. ${failure.hint}`;
}
