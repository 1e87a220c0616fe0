/**
 * Reports while a trace runs how many drops the ring had no room for: at most once a second, and once more at
 * the end.
 */
import type { LostNotice } from "../model/index.ts";

const INTERVAL_MS = 1000;

export class LossReport {
  readonly #lost: () => number;
  #checkedAtMs = 0;
  #reported = 0;

  /** `lost` reads how many were lost until now. */
  constructor(lost: () => number) {
    this.#lost = lost;
  }

  /** Undefined where it was asked less than a second ago, or nothing more is lost. */
  now(nowNs: () => bigint): LostNotice | undefined {
    const nowMs = performance.now();
    if (nowMs - this.#checkedAtMs < INTERVAL_MS) return undefined;
    this.#checkedAtMs = nowMs;
    return this.upTo(this.#lost(), nowNs);
  }

  /** `total` is known; undefined where it was reported already. */
  upTo(total: number, nowNs: () => bigint): LostNotice | undefined {
    if (total <= this.#reported) return undefined;
    const count = total - this.#reported;
    this.#reported = total;
    return { kind: "lost", timeNs: nowNs(), count, total };
  }
}
