/**
 * Which drops were taken by an output and not yet written: a drop counts as shown only if all of its text left this process.
 */
import type { DropEvent } from "../event.ts";

export class Unwritten {
  /** What was taken; headers and losses have no event. */
  readonly #events: (DropEvent | undefined)[] = [];
  /** The byte of the output at which each ends. */
  readonly #ends: number[] = [];
  #takenBytes = 0;
  /** Where the first that waits begins. */
  #begin = 0;
  #writtenBytes = 0;

  /** The text of a drop, or one that belongs to none. */
  took(event: DropEvent | undefined, lengthBytes: number): void {
    this.#takenBytes += lengthBytes;
    this.#events.push(event);
    this.#ends.push(this.#takenBytes);
  }

  /** Forgets what is out; `writtenBytes` counts from the beginning of the output. */
  wrote(writtenBytes: number): void {
    this.#writtenBytes = writtenBytes;
    const ends = this.#ends;
    let out = writtenBytes >= this.#takenBytes ? ends.length : 0;
    while (out < ends.length && (ends[out] ?? 0) <= writtenBytes) out += 1;
    this.#begin = ends[out - 1] ?? this.#begin;
    forget(this.#events, out);
    forget(ends, out);
  }

  /** The drops that wait, after `wrote`. */
  get events(): readonly DropEvent[] {
    return dropsOf(this.#events);
  }

  /**
   * Forgets what is not begun, and returns its drops. What is begun, and cut in the middle, goes on to wait: the output is to end at
   * byte `endBytes`, with the whole of it.
   */
  giveUp(): { readonly events: readonly DropEvent[]; readonly endBytes: number } {
    const begun = this.#writtenBytes > this.#begin ? 1 : 0;
    this.#ends.splice(begun);
    this.#takenBytes = this.#ends[0] ?? this.#writtenBytes;
    return { events: dropsOf(this.#events.splice(begun)), endBytes: this.#takenBytes };
  }
}

/** The first of them; mostly they are all. */
function forget(list: unknown[], count: number): void {
  if (count === list.length) list.length = 0;
  else list.splice(0, count);
}

function dropsOf(events: readonly (DropEvent | undefined)[]): readonly DropEvent[] {
  return events.filter((event) => event !== undefined);
}
