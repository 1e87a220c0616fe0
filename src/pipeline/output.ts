/**
 * Text to a descriptor, batched and bounded. A regular file is written at once. A pipe, a terminal or a socket is written only when
 * poll(2) says that there is room, and then at most PIPE_BUF bytes, which a pipe with room takes whole: so a reader that stalls never
 * blocks the event loop, and signals still end the run.
 */
import { fstatSync, writeSync } from "node:fs";

/** linux/limits.h: poll(2) calls a pipe writable when this much fits. */
const PIPE_BUF = 4096;
const FILE_BATCH_BYTES = 1 << 18;
/** More than this waiting, and the ring is no longer drained. */
const FULL_BYTES = 4 << 20;
const RETRY_MS = 2;

export interface OutputOptions {
  /** True if a write of PIPE_BUF bytes would not block. */
  readonly isWritable: (fd: number) => boolean;
}

export class Output {
  readonly #fd: number;
  readonly #isWritable: ((fd: number) => boolean) | undefined;
  readonly #queue: Buffer[] = [];
  #text = "";
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #failure: NodeJS.ErrnoException | undefined;

  constructor(fd: number, options: OutputOptions) {
    this.#fd = fd;
    this.#isWritable = fstatSync(fd).isFile() ? undefined : options.isWritable;
  }

  /** The reader has gone (EPIPE): nothing more can be written. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The first failure other than a reader that has gone; nothing is written after it. */
  get failure(): NodeJS.ErrnoException | undefined {
    return this.#failure;
  }

  get pendingBytes(): number {
    return this.#queuedBytes + this.#text.length;
  }

  get isFull(): boolean {
    return this.pendingBytes >= FULL_BYTES;
  }

  append(text: string): void {
    if (this.#closed) return;
    this.#text += text;
    if (this.#text.length >= FILE_BATCH_BYTES) this.write();
  }

  /** Writes what can be written now, and goes on later with the rest. */
  write(): void {
    if (this.#text !== "") {
      const bytes = Buffer.from(this.#text);
      this.#text = "";
      this.#queue.push(bytes);
      this.#queuedBytes += bytes.length;
    }
    while (this.#queue.length > 0 && !this.#closed) {
      if (this.#isWritable !== undefined && !this.#isWritable(this.#fd)) break;
      if (!this.#writeSome()) break;
    }
    if (this.#queue.length > 0 && !this.#closed) this.#timer ??= setTimeout(() => this.#again(), RETRY_MS);
  }

  #again(): void {
    this.#timer = undefined;
    this.write();
  }

  /** False where the descriptor took nothing. */
  #writeSome(): boolean {
    const head = this.#queue[0];
    if (head === undefined) return false;
    try {
      const written = writeSync(this.#fd, head, 0, this.#isWritable === undefined ? head.length : Math.min(PIPE_BUF, head.length));
      this.#queuedBytes -= written;
      if (written === head.length) this.#queue.shift();
      else this.#queue[0] = head.subarray(written);
      return written > 0;
    } catch (failure) {
      const error = failure as NodeJS.ErrnoException;
      if (error.code === "EAGAIN") return false;
      if (error.code !== "EPIPE") this.#failure = error;
      this.#close();
      return false;
    }
  }

  #close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#text = "";
    clearTimeout(this.#timer);
  }

  /** Writes all that waits, for `deadlineMs` at most; what is left then is given up. True if nothing was. */
  async drain(deadlineMs: number): Promise<boolean> {
    const until = performance.now() + deadlineMs;
    for (this.write(); this.pendingBytes > 0 && performance.now() < until; this.write()) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    const done = this.pendingBytes === 0 && this.#failure === undefined;
    this.#close();
    return done;
  }
}
