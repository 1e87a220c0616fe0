/**
 * Which drops were taken by an output and not yet written: a drop counts as shown only if all of its text
 * left this process.
 *
 * Of a drop that waits only what is counted is kept: when a reader is slow thousands wait, and whole events
 * would grow old.
 */
import type { DropEvent } from "../model/index.ts";
import { type Counted, ReasonCounts, type ReasonKey } from "./reason-counts.ts";

export class Unwritten {
  /** What was taken, one for each text; headers and losses have no reason. Drops for one reason share one. */
  readonly #reasons: (ReasonKey | undefined)[] = [];
  readonly #segments: number[] = [];
  /** The byte of the output at which each ends. */
  readonly #ends: number[] = [];
  readonly #known = new ReasonCounts();
  #takenBytes = 0;
  /** Where the first that waits begins. */
  #begin = 0;
  #writtenBytes = 0;

  /** The text of a drop, or one that belongs to none. */
  took(drop: DropEvent | undefined, lengthBytes: number): void {
    this.#takenBytes += lengthBytes;
    this.#reasons.push(drop === undefined ? undefined : this.#known.ofDrop(drop));
    this.#segments.push(drop === undefined ? 0 : drop.packet.gsoSegs);
    this.#ends.push(this.#takenBytes);
  }

  /** Forgets what is out; `writtenBytes` counts from the beginning of the output. */
  wrote(writtenBytes: number): void {
    this.#writtenBytes = writtenBytes;
    const ends = this.#ends;
    let out = writtenBytes >= this.#takenBytes ? ends.length : 0;
    while (out < ends.length && (ends[out] ?? 0) <= writtenBytes) out += 1;
    this.#begin = ends[out - 1] ?? this.#begin;
    for (const list of [this.#reasons, this.#segments, ends]) forget(list, out);
  }

  /** The drops that wait, after `wrote`. */
  get drops(): readonly Counted[] {
    return this.#dropsFrom(0);
  }

  /**
   * Forgets what is not begun, and returns its drops. What is begun, and cut in the middle, goes on to wait:
   * the output is to end at byte `endBytes`, with the whole of it.
   */
  giveUp(): { readonly drops: readonly Counted[]; readonly endBytes: number } {
    const begun = this.#writtenBytes > this.#begin ? 1 : 0;
    const drops = this.#dropsFrom(begun);
    for (const list of [this.#reasons, this.#segments, this.#ends]) list.splice(begun);
    this.#takenBytes = this.#ends[0] ?? this.#writtenBytes;
    return { drops, endBytes: this.#takenBytes };
  }

  #dropsFrom(start: number): readonly Counted[] {
    return this.#reasons
      .slice(start)
      .flatMap((reason, at) =>
        reason === undefined ? [] : { ...reason, gsoSegs: this.#segments[start + at] ?? 1 },
      );
  }
}

/** The first of them; mostly they are all. */
function forget(list: unknown[], count: number): void {
  if (count === list.length) list.length = 0;
  else list.splice(0, count);
}
