/**
 * How long to leave the ring alone between two looks.
 *
 * A look is dear on CPUs that others keep busy: Node's code has left the caches since the last one. So where
 * a few drops come all the time, the pause doubles from look to look; a look that finds many, as in a storm,
 * has it short again. The longest one is short enough that a storm of a million drops a second, which is more
 * than can be shown, still finds room where it begins.
 */

/** As long as it is in a storm. */
const SHORTEST_PAUSE_MS = 10;
/** Rows still seem to come at once. */
const LONGEST_PAUSE_MS = 80;
/** Found by a look, these are few. */
const FEW_RECORDS = 64;
/** Of such a storm: a record without its stack takes 192 bytes of the ring. */
const STORM_BYTES_PER_MS = 1000 * 192;

export class DrainPace {
  readonly #longestMs: number;
  #nextMs = SHORTEST_PAUSE_MS;

  constructor(ringBytes: number) {
    this.#longestMs = Math.max(
      SHORTEST_PAUSE_MS,
      Math.min(LONGEST_PAUSE_MS, Math.floor(ringBytes / STORM_BYTES_PER_MS)),
    );
  }

  /**
   * The pause after a look that found so many records; 0 where the ring was empty, or nothing may be read
   * now.
   */
  after(records: number): number {
    const few = records > 0 && records <= FEW_RECORDS;
    const pauseMs = few ? this.#nextMs : SHORTEST_PAUSE_MS;
    this.#nextMs = few ? Math.min(this.#longestMs, 2 * pauseMs) : SHORTEST_PAUSE_MS;
    return pauseMs;
  }
}
