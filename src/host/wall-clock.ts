/** CLOCK_MONOTONIC, in which the kernel stamps events, to wall time. */

import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "../sys/macros.ts";
import type { Syscalls } from "../sys/syscalls.ts";

export interface Clocks {
  monotonicNs(): bigint;
  realtimeNs(): bigint;
}

export class WallClock {
  readonly #clocks: Clocks;
  #offsetNs = 0n;

  /** Of this machine. */
  static of(sys: Pick<Syscalls, "clockGettimeNs">): WallClock {
    return new WallClock({
      monotonicNs: () => sys.clockGettimeNs(CLOCK_MONOTONIC),
      realtimeNs: () => sys.clockGettimeNs(CLOCK_REALTIME),
    });
  }

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.refresh();
  }

  /** Reads the offset anew: wall time may have been set. Of three readings the tightest counts. */
  refresh(): void {
    let best: bigint | undefined;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const before = this.#clocks.monotonicNs();
      const wall = this.#clocks.realtimeNs();
      const after = this.#clocks.monotonicNs();
      if (best !== undefined && after - before >= best) continue;
      best = after - before;
      this.#offsetNs = wall - (before + after) / 2n;
    }
  }

  /** Nanoseconds since 1970 UTC at which the monotonic clock showed `ktimeNs`. */
  toWallNs(ktimeNs: bigint): bigint {
    return ktimeNs + this.#offsetNs;
  }

  nowNs(): bigint {
    return this.#clocks.realtimeNs();
  }
}
