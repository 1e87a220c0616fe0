/**
 * Each refused SYN by itself, where the function that refuses can be probed: they come as events through the
 * ring of the drops. Those that it had no room for are counted, and reported by cause.
 */
import type { RefusedCounts, RefusedProbe } from "../capture/kinds/refused/refused-probe.ts";
import type { Steps } from "../host/steps.ts";
import type { WallClock } from "../host/wall-clock.ts";
import { type Event, REFUSED_CAUSES, type RefusedCause, type RefusedTotal } from "../model/index.ts";
import { RefusedTally } from "../reasons/refused-tally.ts";
import { type Refused, type RefusedSample, type RefusedWatch, refusedEvent } from "./refused-watch.ts";

/** How often those without a record are looked for. */
const SAMPLE_INTERVAL_MS = 1_000;

export class EachRefused implements RefusedWatch {
  readonly how: string;
  readonly problem = undefined;
  readonly #probe: RefusedProbe;
  readonly #clock: WallClock;
  readonly #reported = new RefusedTally();
  #timer: NodeJS.Timeout | undefined;

  constructor(probe: RefusedProbe, clock: WallClock) {
    this.#probe = probe;
    this.#clock = clock;
    this.how = `each by itself (${probe.probe})`;
  }

  get total(): RefusedTotal {
    const tally = new RefusedTally();
    for (const [cause, count] of countsByCause(this.#probe.counts())) tally.add(cause, count);
    return tally.total;
  }

  record(event: Event): void {
    if (event.kind === "refused") this.#reported.add(event.site.reason, 1);
  }

  arm(ready: () => void): void {
    this.#timer = setTimeout(ready, SAMPLE_INTERVAL_MS);
  }

  disarm(): void {
    clearTimeout(this.#timer);
  }

  /** Does nothing: the probe is one of the tracer's programs, and detached with them. */
  detach(): void {}

  /** Each is counted after its record was written: what is counted now and is in no record then, had no room. */
  *sample(): Steps<RefusedSample> {
    yield;
    const counts = this.#probe.counts();
    return {
      timeNs: 0n,
      changed: false,
      catchUp: undefined,
      emit: (_complete, final) => this.#withoutRecord(final ? this.#probe.counts() : counts),
    };
  }

  /** By cause: nobody knows whose they were. */
  #withoutRecord(counts: RefusedCounts): readonly Refused[] {
    this.#clock.refresh();
    const timeNs = this.#clock.nowNs();
    return [...countsByCause(counts)].flatMap(([cause, total]) => {
      const count = total - this.#reported.of(cause);
      if (count <= 0) return [];
      this.#reported.add(cause, count);
      return [
        refusedEvent({
          source: "tcp_conn_request",
          timeNs,
          ktimeNs: undefined,
          sinceNs: timeNs,
          count,
          atMost: false,
          cause,
          netns: undefined,
          peer: undefined,
          listener: undefined,
        }),
      ];
    });
  }

  [Symbol.dispose](): void {
    this.disarm();
  }
}

function countsByCause({
  acceptQueueFull,
  synQueueFull,
  listenDrop,
}: RefusedCounts): ReadonlyMap<RefusedCause, number> {
  const counts = [acceptQueueFull, synQueueFull, listenDrop];
  return new Map(REFUSED_CAUSES.map((cause, at) => [cause, counts[at] ?? 0]));
}
