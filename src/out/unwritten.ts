/**
 * Which events were taken by an output and are not yet written: an event counts as shown only if all of its
 * text left this process.
 *
 * Of an event that waits only what is counted is kept: when a reader is slow thousands wait, and whole events
 * would grow old.
 */

import type { Event } from "../model/index.ts";
import { type Entry, entryOf } from "../run/account.ts";

/** Texts that may wait before the ring grows; a power of two. */
const FIRST_ROOM = 64;

export class Unwritten {
  /** A ring: arrays that empty and fill with each event would be garbage. */
  #entries: (Entry | undefined)[] = newSlots(FIRST_ROOM);
  /** The byte of the output at which each ends. */
  #ends = new Float64Array(FIRST_ROOM);
  #first = 0;
  #count = 0;
  readonly #entryOf = entryOf();
  #takenBytes = 0;
  /** Where the first that waits begins. */
  #begin = 0;
  #writtenBytes = 0;

  /** The text of an event, or one that belongs to none. */
  took(event: Event | undefined, lengthBytes: number): void {
    this.tookEntry(event === undefined ? undefined : this.#entryOf(event), lengthBytes);
  }

  /** One text may stand for several events; headers and notices have no entry. */
  tookEntry(entry: Entry | undefined, lengthBytes: number): void {
    this.#takenBytes += lengthBytes;
    if (this.#count === this.#ends.length) this.#grow();
    const slot = this.#slot(this.#count);
    this.#entries[slot] = entry;
    this.#ends[slot] = this.#takenBytes;
    this.#count += 1;
  }

  /** Forgets what is out; `writtenBytes` counts from the beginning of the output. */
  wrote(writtenBytes: number): void {
    this.#writtenBytes = writtenBytes;
    let out = writtenBytes >= this.#takenBytes ? this.#count : 0;
    while (out < this.#count && this.#end(out) <= writtenBytes) out += 1;
    if (out === 0) return;
    this.#begin = this.#end(out - 1);
    this.#first = this.#slot(out);
    this.#count -= out;
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
    this.#count = Math.min(this.#count, begun);
    this.#takenBytes = this.#count > 0 ? this.#end(0) : this.#writtenBytes;
    return { entries, endBytes: this.#takenBytes };
  }

  #slot(index: number): number {
    return (this.#first + index) & (this.#ends.length - 1);
  }

  #end(index: number): number {
    return this.#ends[this.#slot(index)] ?? 0;
  }

  #entriesFrom(start: number): readonly Entry[] {
    const entries: Entry[] = [];
    for (let index = start; index < this.#count; index += 1) {
      const entry = this.#entries[this.#slot(index)];
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  #grow(): void {
    const entries = newSlots(2 * this.#count);
    const ends = new Float64Array(2 * this.#count);
    for (let index = 0; index < this.#count; index += 1) {
      entries[index] = this.#entries[this.#slot(index)];
      ends[index] = this.#end(index);
    }
    this.#entries = entries;
    this.#ends = ends;
    this.#first = 0;
  }
}

function newSlots(count: number): (Entry | undefined)[] {
  return new Array<Entry | undefined>(count).fill(undefined);
}
