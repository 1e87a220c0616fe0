/** A source that plays what a test gives it, and needs no kernel. */
import type { DropEvent, Event, Kind, RefusedTotal } from "../model/index.ts";
import { byKind } from "../model/kinds.ts";
import {
  type Drained,
  type KindCounts,
  NO_COUNTS,
  type OnEvent,
  type SiteTotal,
  type Source,
  type SourceCounts,
  type SourceFacts,
  type SourceHooks,
} from "./source.ts";

const FACTS: SourceFacts = {
  headerAccess: "direct",
  filters: true,
  blindSpots: ["a blind spot"],
  kernelReasons: new Set(["NO_SOCKET"]),
  refusedHow: undefined,
  refusedProblem: undefined,
  verifiedInstructions: 0,
  ringBytes: 1 << 20,
};

export class ScriptedSource implements Source {
  readonly facts = FACTS;
  /** What happened to it, in order. */
  readonly log: string[] = [];
  readonly learned: DropEvent[] = [];
  readonly owned: DropEvent[] = [];
  /** Thrown by the next `drain`. */
  drainFailure: Error | undefined;
  /** Thrown by `stop`. */
  stopFailure: Error | undefined;
  kernel: Partial<KindCounts> = {};
  refusedTotal: RefusedTotal | undefined;
  problemsSoFar: readonly string[] = [];
  #waiting: Event[] = [];
  #hooks: SourceHooks | undefined;
  #armed = false;
  #seen = byKind(() => 0);

  /** The kernel made these. */
  push(...events: readonly Event[]): void {
    for (const event of events) {
      this.#waiting.push(event);
      this.#seen[event.kind] += event.kind === "refused" ? event.detail.count : 1;
    }
    this.#wake();
  }

  /** A callback of the source's own failed. */
  fail(failure: Error): void {
    this.#hooks?.fail(failure);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  arm(hooks: SourceHooks): void {
    this.log.push("arm");
    this.#hooks = hooks;
    this.#armed = true;
    if (this.#waiting.length > 0) this.#wake();
  }

  disarm(): void {
    this.#armed = false;
  }

  drain(to: OnEvent, maxRecords: number): Drained {
    const failure = this.drainFailure;
    this.drainFailure = undefined;
    if (failure !== undefined) throw failure;
    let records = 0;
    for (; records < maxRecords && this.#waiting.length > 0; records += 1) {
      const event = this.#waiting.shift();
      if (event !== undefined) to(event);
    }
    return { records, caughtUp: this.#waiting.length === 0 };
  }

  counts(): SourceCounts {
    const more = Object.values(this.kernel).reduce<number>(
      (sum, count) => sum + (typeof count === "number" ? count : 0),
      0,
    );
    return {
      ...byKind((kind) => ({ ...NO_COUNTS, seen: this.#seen[kind] })),
      drop: { ...NO_COUNTS, ...this.kernel, seen: this.#seen.drop + more },
    };
  }

  lost(): number {
    return this.kernel.lost ?? 0;
  }

  refused(): RefusedTotal | undefined {
    return this.refusedTotal;
  }

  sites(): readonly SiteTotal[] {
    return [];
  }

  ownerTotals(): undefined {
    return undefined;
  }

  learnHarmless(event: DropEvent): void {
    this.learned.push(event);
  }

  learnOwner(event: DropEvent): void {
    this.owned.push(event);
  }

  stop(): Promise<void> {
    this.log.push("stop");
    return this.stopFailure === undefined ? Promise.resolve() : Promise.reject(this.stopFailure);
  }

  discardRest(): Readonly<Record<Kind, number>> {
    this.log.push("discard");
    const rest = this.#waiting;
    this.#waiting = [];
    const discarded = byKind(() => 0);
    for (const event of rest) discarded[event.kind] += event.kind === "refused" ? event.detail.count : 1;
    return discarded;
  }

  cost(): undefined {
    return undefined;
  }

  problems(): readonly string[] {
    return this.problemsSoFar;
  }

  [Symbol.dispose](): void {
    this.log.push("dispose");
  }

  /** In the next turn of the event loop, as the kernel would. */
  #wake(): void {
    if (!this.#armed) return;
    this.#armed = false;
    setImmediate(() => this.#hooks?.ready());
  }
}
