/** Each refused SYN by itself, where the function that refuses can be probed. */
import { type RefusedSyn, refusedDecoder } from "../capture/kinds/refused/decode-refused.ts";
import type { RefusedCounts, RefusedProbe } from "../capture/kinds/refused/refused-probe.ts";
import { DecodeError } from "../errors.ts";
import { REFUSED_CAUSES, type RefusedCause, type RefusedEvent, type RefusedTotal } from "../event.ts";
import type { WallClock } from "../host/wall-clock.ts";
import { RefusedTally } from "../reasons/refused-tally.ts";
import { type Look, type RefusedWatch, refusedEvent } from "./refused-watch.ts";

export class EachRefused implements RefusedWatch {
  readonly how: string;
  readonly problem = undefined;
  readonly #probe: RefusedProbe;
  readonly #decode: (offset: number, length: number) => RefusedSyn;
  readonly #clock: WallClock;
  readonly #told = new RefusedTally();
  #undecodable = 0;

  /** `data` is the ring's, where their records are. */
  constructor(probe: RefusedProbe, data: Uint8Array, clock: WallClock) {
    this.#probe = probe;
    this.#decode = refusedDecoder(data, probe.plan.layout);
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

  /** They come with the drops. */
  wait(): void {}

  stop(): void {}

  startBatch(): void {
    this.#clock.refresh();
  }

  /** The event of a record in the ring; undefined where it makes no sense. */
  event(offset: number, length: number): RefusedEvent | undefined {
    try {
      const syn = this.#decode(offset, length);
      this.#told.add(syn.cause, 1);
      return toEvent(syn, this.#clock.toWallNs(syn.ktimeNs));
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      this.#undecodable += 1;
      return undefined;
    }
  }

  look(): Look {
    return { moved: false, tell: (_complete, isLast) => (isLast ? this.#withoutRecord() : []) };
  }

  /** Those that the ring had no room for, by cause: nobody knows whose they were. */
  #withoutRecord(): readonly RefusedEvent[] {
    const counts = this.#probe.counts();
    if (counts.lost + this.#undecodable === 0) return [];
    this.#clock.refresh();
    const timeNs = this.#clock.nowNs();
    return [...countsByCause(counts)].flatMap(([cause, total]) => {
      const count = total - this.#told.of(cause);
      if (count <= 0) return [];
      this.#told.add(cause, count);
      return [seen({ timeNs, count, cause, netns: undefined, peer: undefined, listener: undefined })];
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

function toEvent(syn: RefusedSyn, timeNs: bigint): RefusedEvent {
  const { cause, ip, saddr, daddr, sport, dport, netns, acceptQueue, acceptQueueLimit, skCookie } = syn;
  return seen({
    timeNs,
    count: 1,
    cause,
    netns,
    peer: { saddr, sport },
    listener: { ip, daddr, dport, acceptQueue, acceptQueueLimit, skCookie },
  });
}

/** By the probe, and so exact, and at its own time. */
function seen(
  of: Pick<RefusedEvent, "timeNs" | "count" | "cause" | "netns" | "peer" | "listener">,
): RefusedEvent {
  return refusedEvent({ source: "tcp_conn_request", sinceNs: of.timeNs, atMost: false, ...of });
}
