/**
 * CLOCK_BOOTTIME, in which the kernel programs stamp events, to wall time.
 *
 * Both go on while the machine is suspended, so their difference changes only where wall time is set. With
 * CLOCK_MONOTONIC, which stands still meanwhile, a record that waited in the ring across a suspend, and the
 * last time of a total from before it, would come out late by its length.
 */

import { CLOCK_BOOTTIME, CLOCK_REALTIME } from "../sys/macros.ts";
import type { Syscalls } from "../sys/syscalls.ts";

/** The clock of an event's `ktimeNs`, for clock_gettime(2). */
export const EVENT_CLOCK = CLOCK_BOOTTIME;

export interface Clocks {
  /** EVENT_CLOCK. */
  eventNs(): bigint;
  realtimeNs(): bigint;
}

export class WallClock {
  readonly #clocks: Clocks;
  #offsetNs = 0n;

  /** Of this machine. */
  static of(sys: Pick<Syscalls, "clockGettimeNs">): WallClock {
    return new WallClock({
      eventNs: () => sys.clockGettimeNs(EVENT_CLOCK),
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
      const before = this.#clocks.eventNs();
      const wall = this.#clocks.realtimeNs();
      const after = this.#clocks.eventNs();
      if (best !== undefined && after - before >= best) continue;
      best = after - before;
      this.#offsetNs = wall - (before + after) / 2n;
    }
  }

  /** Nanoseconds since 1970 UTC at which EVENT_CLOCK showed `ktimeNs`. */
  toWallNs(ktimeNs: bigint): bigint {
    return ktimeNs + this.#offsetNs;
  }

  nowNs(): bigint {
    return this.#clocks.realtimeNs();
  }
}
