/**
 * Which drops were taken by an output and not yet written: a drop counts as shown only if all of its text left this process.
 *
 * Sinks write ASCII, so that characters are bytes.
 */
import type { DropEvent } from "../event.ts";

export class Unwritten {
  /** What was taken, each with the byte of the output at which it ends; headers and losses have no event. */
  readonly #waiting: { readonly event: DropEvent | undefined; readonly end: number }[] = [];
  #takenBytes = 0;
  /** Where the first that waits begins. */
  #begin = 0;
  #writtenBytes = 0;

  /** Text that belongs to no drop: headers, losses. */
  skip(lengthBytes: number): void {
    this.#takenBytes += lengthBytes;
    this.#waiting.push({ event: undefined, end: this.#takenBytes });
  }

  took(event: DropEvent, lengthBytes: number): void {
    this.#takenBytes += lengthBytes;
    this.#waiting.push({ event, end: this.#takenBytes });
  }

  /** Forgets what is out; `writtenBytes` counts from the beginning of the output. */
  wrote(writtenBytes: number): void {
    this.#writtenBytes = writtenBytes;
    const first = writtenBytes >= this.#takenBytes ? -1 : this.#waiting.findIndex(({ end }) => end > writtenBytes);
    const out = this.#waiting.splice(0, first < 0 ? this.#waiting.length : first);
    this.#begin = out.at(-1)?.end ?? this.#begin;
  }

  /** The drops that wait, after `wrote`. */
  get events(): readonly DropEvent[] {
    return dropsOf(this.#waiting);
  }

  /**
   * Forgets what is not begun, and returns its drops. What is begun, and cut in the middle, goes on to wait: the output is to end at
   * byte `endBytes`, with the whole of it.
   */
  giveUp(): { readonly events: readonly DropEvent[]; readonly endBytes: number } {
    const begun = this.#writtenBytes > this.#begin ? 1 : 0;
    const events = dropsOf(this.#waiting.splice(begun));
    this.#takenBytes = this.#waiting[0]?.end ?? this.#writtenBytes;
    return { events, endBytes: this.#takenBytes };
  }
}

function dropsOf(waiting: readonly { readonly event: DropEvent | undefined }[]): readonly DropEvent[] {
  return waiting.flatMap(({ event }) => event ?? []);
}
