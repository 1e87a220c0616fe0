/**
 * `--sample` and `--max-events`, for events of all kinds.
 *
 * The kernel applies both to drops wherever it evaluates the whole filter; the rules here are the same as there
 * (capture/kinds/drop/limits.ts). A rate holds for all kinds together, so what the kernel let pass is limited once more; a
 * sample that the kernel took is not taken again.
 */
import type { Event, Kind } from "../model/index.ts";

const SECOND_NS = 1_000_000_000n;
/** Events come nearly in the order of their times; where one is so much older, the wall clock was set back. */
const DISORDER_NS = 10n * SECOND_NS;

export interface RateLimits {
  /** One of so many is shown; all without it. */
  readonly sampleOneOf?: number | undefined;
  /** So many are shown in a second, by the events' own time; all without it. */
  readonly maxPerSecond?: number | undefined;
  /** Kinds that the source has sampled already. */
  readonly sampledBySource?: readonly Kind[] | undefined;
}

export class RateLimit {
  readonly #limits: RateLimits;
  #sampleLeft = 0;
  #sinceNs = 0n;
  #inSecond = 0;

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** False where the event counts as limited. */
  passes({ kind, timeNs }: Pick<Event, "kind" | "timeNs">): boolean {
    const { sampleOneOf, maxPerSecond, sampledBySource } = this.#limits;
    if (sampleOneOf !== undefined && sampledBySource?.includes(kind) !== true) {
      this.#sampleLeft = (this.#sampleLeft === 0 ? sampleOneOf : this.#sampleLeft) - 1;
      if (this.#sampleLeft !== sampleOneOf - 1) return false;
    }
    if (maxPerSecond === undefined) return true;
    const sinceNs = timeNs - this.#sinceNs;
    if (sinceNs >= SECOND_NS || sinceNs < -DISORDER_NS) {
      this.#sinceNs = timeNs;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    return this.#inSecond <= maxPerSecond;
  }
}
