/**
 * Each refused SYN by itself, where the function that refuses can be probed: they come as events through the
 * ring of the drops. Those without a record are counted, and reported by cause at the end.
 */
import type { RefusedCounts, RefusedProbe } from "../capture/kinds/refused/refused-probe.ts";
import type { WallClock } from "../host/wall-clock.ts";
import { REFUSED_CAUSES, type RefusedCause, type RefusedTotal } from "../model/index.ts";
import { RefusedTally } from "../reasons/refused-tally.ts";
import { type Look, type Refused, type RefusedWatch, refusedEvent } from "./refused-watch.ts";

export class EachRefused implements RefusedWatch {
  readonly how: string;
  readonly problem = undefined;
  readonly #probe: RefusedProbe;
  readonly #clock: WallClock;
  readonly #withEvent = new RefusedTally();

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

  /** They have nothing to do with drops that have events. */
  saw(): void {}

  /** Nothing has to be waited for: they come with the drops. */
  wait(): void {}

  stop(): void {}

  /** One has an event of its own. */
  took(cause: RefusedCause): void {
    this.#withEvent.add(cause, 1);
  }

  look(): Look {
    return { moved: false, tell: (_complete, isLast) => (isLast ? this.#withoutEvent() : []) };
  }

  /** Those that the ring had no room for, or that nobody read, by cause: whose they were is not known. */
  #withoutEvent(): readonly Refused[] {
    this.#clock.refresh();
    const timeNs = this.#clock.nowNs();
    return [...countsByCause(this.#probe.counts())].flatMap(([cause, total]) => {
      const count = total - this.#withEvent.of(cause);
      if (count <= 0) return [];
      this.#withEvent.add(cause, count);
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

  [Symbol.dispose](): void {}
}

function countsByCause({
  acceptQueueFull,
  synQueueFull,
  listenDrop,
}: RefusedCounts): ReadonlyMap<RefusedCause, number> {
  const counts = [acceptQueueFull, synQueueFull, listenDrop];
  return new Map(REFUSED_CAUSES.map((cause, at) => [cause, counts[at] ?? 0]));
}
