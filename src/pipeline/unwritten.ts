/**
 * Which drops were taken by an output and not yet written: a drop counts as shown only if all of its text left this process.
 *
 * Sinks write ASCII, so that characters are bytes.
 */
import type { DropEvent } from "../event.ts";

export class Unwritten {
  readonly #waiting: { readonly event: DropEvent; readonly end: number }[] = [];
  #takenBytes = 0;

  /** Text that belongs to no drop: headers, losses. */
  skip(lengthBytes: number): void {
    this.#takenBytes += lengthBytes;
  }

  took(event: DropEvent, lengthBytes: number): void {
    this.#takenBytes += lengthBytes;
    this.#waiting.push({ event, end: this.#takenBytes });
  }

  /** Forgets what is out; `writtenBytes` counts from the beginning of the output. */
  wrote(writtenBytes: number): void {
    if (writtenBytes >= this.#takenBytes) {
      this.#waiting.length = 0;
      return;
    }
    const first = this.#waiting.findIndex(({ end }) => end > writtenBytes);
    this.#waiting.splice(0, first < 0 ? this.#waiting.length : first);
  }

  /** The drops that wait, after `wrote`. */
  get events(): readonly DropEvent[] {
    return this.#waiting.map(({ event }) => event);
  }
}
