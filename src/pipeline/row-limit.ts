/**
 * `--sample` and `--max-events` where user space asks a part of the filter: of the drops that it accepts, and
 * so not in the kernel. The rules are those of capture/kinds/drop/limits.ts.
 */

const SECOND_NS = 1_000_000_000n;

export interface RowLimits {
  /** One of so many is shown; all without it. */
  readonly sampleOneOf?: number | undefined;
  /** So many are shown in a second, by the drops' own time; all without it. */
  readonly maxPerSecond?: number | undefined;
}

export class RowLimit {
  readonly #limits: RowLimits;
  #sampleLeft = 0;
  #sinceNs = 0n;
  #inSecond = 0;

  constructor(limits: RowLimits) {
    this.#limits = limits;
  }

  /** False where the drop counts as limited. `timeNs` is when it was dropped. */
  passes(timeNs: bigint): boolean {
    const { sampleOneOf, maxPerSecond } = this.#limits;
    if (sampleOneOf !== undefined) {
      this.#sampleLeft = (this.#sampleLeft === 0 ? sampleOneOf : this.#sampleLeft) - 1;
      if (this.#sampleLeft !== sampleOneOf - 1) return false;
    }
    if (maxPerSecond === undefined) return true;
    if (timeNs - this.#sinceNs >= SECOND_NS) {
      this.#sinceNs = timeNs;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    return this.#inSecond <= maxPerSecond;
  }
}
