/** Text that waits to be written, in batches: large ones in a storm, what there is where nothing waits. */
import { ByteWriter } from "../bytes/byte-writer.ts";

/** Text is written when there is so much of it: larger batches fall out of the CPU's cache. */
const BATCH_BYTES = 64 * 1024;
/** Of a batch, with the row that fills it. */
const BATCH_CAPACITY_BYTES = BATCH_BYTES + 8 * 1024;

export class Batches {
  /** What was taken last, until it is a batch. */
  #text = new ByteWriter(BATCH_CAPACITY_BYTES);
  /** Oldest first; `#offset` bytes of the first are written. */
  readonly #batches: ByteWriter[] = [];
  /**
   * Written, to be used again, as many as ever waited: what is thrown away stays in memory until the garbage
   * collector comes.
   */
  readonly #spares: ByteWriter[] = [];
  #offset = 0;
  #batchBytes = 0;

  /** Bytes that wait. */
  get pendingBytes(): number {
    return this.#batchBytes - this.#offset + this.#text.length;
  }

  /** Where the next text can be put. */
  get text(): ByteWriter {
    return this.#text;
  }

  /** The next to be written, from `offset` on. */
  get first(): ByteWriter | undefined {
    return this.#batches[0];
  }

  get offset(): number {
    return this.#offset;
  }

  /** Text was put there. */
  took(): void {
    if (this.#text.length >= BATCH_BYTES) this.end();
  }

  /** Makes a batch of the text, if there is any. */
  end(): void {
    const batch = this.#text;
    if (batch.length === 0) return;
    this.#batches.push(batch);
    this.#batchBytes += batch.length;
    this.#text = this.#spares.pop() ?? new ByteWriter(BATCH_CAPACITY_BYTES);
  }

  /** So many bytes of the first were written. */
  wrote(bytes: number): void {
    this.#offset += bytes;
    const batch = this.#batches[0];
    if (batch === undefined || this.#offset < batch.length) return;
    this.#batches.shift();
    this.#batchBytes -= batch.length;
    this.#offset = 0;
    // One with a row that was too large for it has grown.
    if (batch.length > BATCH_CAPACITY_BYTES) return;
    batch.cutAt(0);
    this.#spares.push(batch);
  }

  /** Cuts what waits after so many bytes. */
  keep(keptBytes: number): void {
    this.end();
    let left = this.#offset + keptBytes;
    for (const batch of this.#batches) {
      batch.cutAt(Math.min(left, batch.length));
      left -= batch.length;
    }
    while (this.#batches.at(-1)?.length === 0) this.#batches.pop();
    if (keptBytes === 0) this.#batches.length = 0;
    if (this.#batches.length === 0) this.#offset = 0;
    this.#batchBytes = this.#offset + keptBytes;
  }

  discard(): void {
    this.#text.cutAt(0);
    this.#batches.length = 0;
    this.#batchBytes = 0;
    this.#offset = 0;
  }
}
