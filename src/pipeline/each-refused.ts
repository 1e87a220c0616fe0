/** Each refused SYN by itself, where the function that refuses can be probed. */
import { decodeRefused, type RefusedSyn } from "../capture/kinds/refused/decode-refused.ts";
import type { RefusedCounts, RefusedTracer } from "../capture/kinds/refused/refused-tracer.ts";
import { DecodeError } from "../errors.ts";
import type { Steps } from "../host/steps.ts";
import type { WallClock } from "../host/wall-clock.ts";
import { REFUSED_CAUSES, type RefusedCause, type RefusedTotal } from "../model/index.ts";
import { RefusedTally } from "../reasons/refused-tally.ts";
import {
  type Refused,
  type RefusedFacts,
  type RefusedSample,
  type RefusedWatch,
  refusedEvent,
} from "./refused-watch.ts";

/** After some were reported, more are looked for so often: a flood of SYNs costs one wake-up for many. */
const DRAIN_INTERVAL_MS = 10;

export class EachRefused implements RefusedWatch {
  readonly how: string;
  readonly problem = undefined;
  readonly #tracer: RefusedTracer;
  readonly #clock: WallClock;
  readonly #reported = new RefusedTally();
  #timer: NodeJS.Timeout | undefined;
  #undecodable = 0;

  constructor(tracer: RefusedTracer, clock: WallClock) {
    this.#tracer = tracer;
    this.#clock = clock;
    this.how = `each by itself (${tracer.probe})`;
  }

  get total(): RefusedTotal {
    const tally = new RefusedTally();
    for (const [cause, count] of countsByCause(this.#tracer.counts())) tally.add(cause, count);
    return tally.total;
  }

  /** They have nothing to do with drops that have events. */
  recordDrop(): void {}

  arm(ready: () => void): void {
    if (this.#tracer.ring.pendingBytes > 0) {
      this.#timer = setTimeout(ready, DRAIN_INTERVAL_MS);
      return;
    }
    this.#tracer.wakeOn(() => {
      this.#tracer.sleep();
      ready();
    });
  }

  disarm(): void {
    clearTimeout(this.#timer);
    this.#tracer.sleep();
  }

  /** They are in a ring of their own, and need no drops to be known. */
  *sample(): Steps<RefusedSample> {
    yield;
    return {
      timeNs: 0n,
      changed: false,
      catchUp: undefined,
      emit: () => this.#emit(),
    };
  }

  detach(): void {
    this.#tracer.detach();
  }

  #emit(): readonly Refused[] {
    this.#clock.refresh();
    // Counted after its record: what was counted by now and is in no record, had no room.
    const counts = this.#tracer.counts();
    const events: Refused[] = [];
    this.#tracer.ring.drain((offset, length) => this.#add(events, offset, length));
    if (counts.lost + this.#undecodable > 0) this.#addWithoutRecord(events, counts);
    return events;
  }

  #add(events: Refused[], offset: number, length: number): void {
    try {
      const syn = decodeRefused(this.#tracer.ring.data, offset, length);
      events.push(toEvent(syn, this.#clock.toWallNs(syn.ktimeNs)));
      this.#reported.add(syn.cause, 1);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.#undecodable += 1;
    }
  }

  /** Those without a record, by cause: nobody knows whose they were. */
  #addWithoutRecord(events: Refused[], counts: RefusedCounts): void {
    const timeNs = this.#clock.nowNs();
    for (const [cause, total] of countsByCause(counts)) {
      const count = total - this.#reported.of(cause);
      if (count <= 0) continue;
      this.#reported.add(cause, count);
      events.push(
        probed({
          timeNs,
          ktimeNs: undefined,
          count,
          cause,
          netns: undefined,
          peer: undefined,
          listener: undefined,
        }),
      );
    }
  }

  [Symbol.dispose](): void {
    this.disarm();
    this.#tracer[Symbol.dispose]();
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

function toEvent(syn: RefusedSyn, timeNs: bigint): Refused {
  const { cause, ip, saddr, daddr, sport, dport, netns, acceptQueue, acceptQueueLimit, skCookie } = syn;
  return probed({
    timeNs,
    ktimeNs: syn.ktimeNs,
    count: 1,
    cause,
    netns,
    peer: { saddr, sport },
    listener: { ip, daddr, dport, acceptQueue, acceptQueueLimit, skCookie },
  });
}

/** By the probe, and so exact, and at its own time. */
function probed(of: Omit<RefusedFacts, "source" | "sinceNs" | "atMost">): Refused {
  return refusedEvent({ source: "tcp_conn_request", sinceNs: of.timeNs, atMost: false, ...of });
}
