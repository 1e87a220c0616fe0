/** Each refused SYN by itself, where the function that refuses can be probed. */
import { decodeRefused, type RefusedSyn } from "../capture/kinds/refused/decode-refused.ts";
import type { RefusedCounts, RefusedTracer } from "../capture/kinds/refused/refused-tracer.ts";
import { DecodeError } from "../errors.ts";
import type { WallClock } from "../host/wall-clock.ts";
import { REFUSED_CAUSES, type RefusedCause, type RefusedTotal } from "../model/index.ts";
import { RefusedTally } from "../reasons/refused-tally.ts";
import {
  type Look,
  type Refused,
  type RefusedFacts,
  type RefusedWatch,
  refusedEvent,
} from "./refused-watch.ts";

/** After some were told, more are looked for so often: a flood of SYNs costs one wake-up for many. */
const DRAIN_INTERVAL_MS = 10;

export class EachRefused implements RefusedWatch {
  readonly how: string;
  readonly problem = undefined;
  readonly #tracer: RefusedTracer;
  readonly #clock: WallClock;
  readonly #told = new RefusedTally();
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
  saw(): void {}

  wait(onReady: () => void): void {
    if (this.#tracer.ring.pendingBytes > 0) {
      this.#timer = setTimeout(onReady, DRAIN_INTERVAL_MS);
      return;
    }
    this.#tracer.wakeOn(() => {
      this.#tracer.sleep();
      onReady();
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#tracer.sleep();
  }

  look(): Look {
    return { moved: false, tell: (_complete, isLast) => this.#tell(isLast) };
  }

  #tell(isLast: boolean): readonly Refused[] {
    if (isLast) this.#tracer.detach();
    this.#clock.refresh();
    // Counted after its record: what was counted by now and is in no record, had no room.
    const counts = this.#tracer.counts();
    const events: Refused[] = [];
    this.#tracer.ring.drain((offset, length) => this.#add(events, offset, length));
    if (counts.lost + this.#undecodable > 0) this.#addUntold(events, counts);
    return events;
  }

  #add(events: Refused[], offset: number, length: number): void {
    try {
      const syn = decodeRefused(this.#tracer.ring.data, offset, length);
      events.push(toEvent(syn, this.#clock.toWallNs(syn.ktimeNs)));
      this.#told.add(syn.cause, 1);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.#undecodable += 1;
    }
  }

  /** Those without a record, by cause: nobody knows whose they were. */
  #addUntold(events: Refused[], counts: RefusedCounts): void {
    const timeNs = this.#clock.nowNs();
    for (const [cause, total] of countsByCause(counts)) {
      const count = total - this.#told.of(cause);
      if (count <= 0) continue;
      this.#told.add(cause, count);
      events.push(
        seen({
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
    this.stop();
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
  return seen({
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
function seen(of: Omit<RefusedFacts, "source" | "sinceNs" | "atMost">): Refused {
  return refusedEvent({ source: "tcp_conn_request", sinceNs: of.timeNs, atMost: false, ...of });
}
