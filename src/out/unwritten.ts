/**
 * Which events were taken by an output and are not yet written: an event counts as shown only if all of its
 * text left this process.
 *
 * Of an event that waits only what is counted is kept: when a reader is slow thousands wait, and whole events
 * would grow old.
 */

import type { Event } from "../model/index.ts";
import { type Entry, entryOf } from "../run/account.ts";

export class Unwritten {
  /** What was taken, one for each text; headers and notices have no entry. */
  readonly #entries: (Entry | undefined)[] = [];
  /** The byte of the output at which each ends. */
  readonly #ends: number[] = [];
  readonly #entryOf = entryOf();
  #takenBytes = 0;
  /** Where the first that waits begins. */
  #begin = 0;
  #writtenBytes = 0;

  /** The text of an event, or one that belongs to none. */
  took(event: Event | undefined, lengthBytes: number): void {
    this.tookEntry(event === undefined ? undefined : this.#entryOf(event), lengthBytes);
  }

  /** One text may stand for several events. */
  tookEntry(entry: Entry | undefined, lengthBytes: number): void {
    this.#takenBytes += lengthBytes;
    this.#entries.push(entry);
    this.#ends.push(this.#takenBytes);
  }

  /** Forgets what is out; `writtenBytes` counts from the beginning of the output. */
  wrote(writtenBytes: number): void {
    this.#writtenBytes = writtenBytes;
    const ends = this.#ends;
    let out = writtenBytes >= this.#takenBytes ? ends.length : 0;
    while (out < ends.length && (ends[out] ?? 0) <= writtenBytes) out += 1;
    this.#begin = ends[out - 1] ?? this.#begin;
    for (const list of [this.#entries, ends]) forget(list, out);
  }

  /** What waits, after `wrote`. */
  get entries(): readonly Entry[] {
    return this.#entriesFrom(0);
  }

  /**
   * Forgets what is not begun, and returns it. What is begun, and cut in the middle, goes on to wait: the
   * output is to end at byte `endBytes`, with the whole of it.
   */
  giveUp(): { readonly entries: readonly Entry[]; readonly endBytes: number } {
    const begun = this.#writtenBytes > this.#begin ? 1 : 0;
    const entries = this.#entriesFrom(begun);
    for (const list of [this.#entries, this.#ends]) list.splice(begun);
    this.#takenBytes = this.#ends[0] ?? this.#writtenBytes;
    return { entries, endBytes: this.#takenBytes };
  }

  #entriesFrom(start: number): readonly Entry[] {
    return this.#entries.slice(start).filter((entry) => entry !== undefined);
  }
}

/** The first of them; mostly they are all. */
function forget(list: unknown[], count: number): void {
  if (count === list.length) list.length = 0;
  else list.splice(0, count);
}
