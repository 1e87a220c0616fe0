/**
 * Text to a file descriptor, without ever blocking the event loop for long and without growing.
 *
 * A reader that stalls must cost no more than its data: the caller stops draining the ring when `isFull`, and
 * what then finds no room is counted in the kernel.
 *
 * - Regular files and the like are written in big batches.
 * - Pipes and terminals are opened once more through /proc/self/fd, with O_NONBLOCK: that is a description of
 *   our own, and the other users of the old one see nothing. They take of a batch what they have room for,
 *   and are written when poll(2) says that there is some: to ask is cheaper than to be refused.
 * - Where this is refused, and for sockets, the descriptor is used as it is, for at most 4096 bytes at a
 *   time: a pipe is writable when a whole page of it is free (pipe_poll, fs/pipe.c), so that such a write
 *   does not block.
 */
import { closeSync, writeSync } from "node:fs";
import type { ByteWriter } from "../bytes/byte-writer.ts";
import type { SyscallError } from "../errors.ts";
import { Batches } from "./batches.ts";
import { openTarget } from "./output-target.ts";
import { writeError } from "./write-error.ts";

/**
 * True where a write to `fd` would not block: poll(2) with POLLOUT and no time-out; also true for POLLERR and
 * POLLHUP.
 */
export type PollWritable = (fd: number) => boolean;

export interface OutputOptions {
  readonly fd: number;
  readonly pollWritable: PollWritable;
  /** From here on nothing is taken any more. */
  readonly limitBytes?: number;
  /**
   * Write whole lines, as many as fit in PIPE_BUF bytes: a pipe takes those all or not at all (pipe(7)), so
   * that no line is cut in the middle, neither by a reader that stalls nor by another writer of the same pipe.
   */
  readonly wholeLines?: boolean;
}

const LIMIT_BYTES = 4 * 1024 * 1024;
/** A quarter is 256 rows of 4 KB. */
const FULL_AT = 0.75;
/** A page, and also PIPE_BUF. */
const PAGE_BYTES = 4096;
const NEWLINE = 0x0a;
/** How long one turn may write to a reader that keeps up. */
const SLICE_MS = 10;
/**
 * How long to wait before a reader that takes no more is tried again: at first, and in the end if it stalls.
 * A pipe holds 64 KB, so that this bounds what goes through.
 */
const FIRST_RETRY_MS = 1;
const RETRY_MS = 5;

export class Output {
  readonly #pollWritable: PollWritable;
  readonly #limitBytes: number;
  readonly #kind: "file" | "stream";
  readonly #fd: number;
  #ownFd: boolean;
  /** In one write. */
  readonly #mostBytes: number;
  readonly #wholeLines: boolean;
  readonly #batches = new Batches();
  #writtenBytes = 0;
  #closed = false;
  #error: SyscallError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #retryMs = FIRST_RETRY_MS;
  #writtenAtRetry = 0;

  constructor(options: OutputOptions) {
    this.#pollWritable = options.pollWritable;
    this.#limitBytes = options.limitBytes ?? LIMIT_BYTES;
    this.#wholeLines = options.wholeLines ?? false;
    const target = openTarget(options.fd);
    this.#kind = target.kind;
    this.#fd = target.fd;
    this.#ownFd = target.fd !== options.fd;
    this.#closed = target.closed;
    this.#mostBytes = this.#kind === "file" || this.#ownFd ? Number.POSITIVE_INFINITY : PAGE_BYTES;
  }

  /** Bytes that were taken and not yet written. */
  get pendingBytes(): number {
    return this.#batches.pendingBytes;
  }

  /** Bytes that have left this process. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /**
   * True: stop draining the ring. There is room for what is being drained: a record that is read and not
   * taken cannot be put back.
   */
  get isFull(): boolean {
    return this.pendingBytes >= this.#limitBytes * FULL_AT;
  }

  /** True once the reader has gone, or after an error: nothing is taken or written any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Why writing ended, unless the reader simply went away. For the caller to report, once. */
  get error(): SyscallError | undefined {
    return this.#error;
  }

  /**
   * Where the next text can be put, to be followed by `took`. Undefined where it is closed or holds the
   * limit: then nothing is taken.
   */
  get room(): ByteWriter | undefined {
    return this.#closed || this.pendingBytes >= this.#limitBytes ? undefined : this.#batches.text;
  }

  /**
   * Text was put into the room: writes as soon as a batch is full, or else within the next turns of the event
   * loop.
   */
  took(): void {
    this.#batches.took();
    if (this.#kind === "file" && this.#batches.first !== undefined) this.pump();
    else if (this.pendingBytes > 0) this.#pumpSoon();
  }

  /** Takes a text. False, and nothing is taken, where it is closed or holds the limit. */
  append(text: string): boolean {
    const { room } = this;
    if (room === undefined) return false;
    room.text(text);
    this.took();
    return true;
  }

  /** Writes what can be written now, for 10 ms at most. Calls itself again later if something is left. */
  pump(): void {
    if (this.#closed) return;
    const endMs = performance.now() + SLICE_MS;
    for (;;) {
      // Small batches are made only where nothing waits.
      if (this.#batches.first === undefined) this.#batches.end();
      const batch = this.#batches.first;
      if (batch === undefined) return this.#cancelSoon();
      if ((this.#kind === "stream" && !this.#pollWritable(this.#fd)) || !this.#write(batch))
        return this.#retry();
      if (performance.now() >= endMs && this.pendingBytes > 0) return this.#pumpSoon();
    }
  }

  /**
   * Writes until nothing is left (true), or until `deadlineMs` milliseconds have passed or the reader has
   * gone (false).
   */
  async flush(deadlineMs: number): Promise<boolean> {
    const endMs = performance.now() + deadlineMs;
    for (;;) {
      this.pump();
      if (this.pendingBytes === 0) return !this.#closed;
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return false;
      await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MS, leftMs)));
    }
  }

  /** Forgets what was taken beyond byte `endBytes` of the whole output; how many bytes that was. */
  cutAt(endBytes: number): number {
    const waitingBytes = this.pendingBytes;
    const keptBytes = Math.min(waitingBytes, Math.max(0, endBytes - this.#writtenBytes));
    this.#batches.keep(keptBytes);
    return waitingBytes - keptBytes;
  }

  /** Drops what was not written. The descriptor that was given stays open. */
  [Symbol.dispose](): void {
    this.#discard();
    if (this.#ownFd) closeSync(this.#fd);
    this.#ownFd = false;
  }

  /** One write of the first batch. False where it must be tried again later, or never. */
  #write(batch: ByteWriter): boolean {
    const written = this.#tryWrite(batch.written, this.#lengthOfWrite(batch));
    if (written === 0) return false;
    this.#batches.wrote(written);
    return true;
  }

  /** Of the first batch, from the offset on. */
  #lengthOfWrite(batch: ByteWriter): number {
    const { offset } = this.#batches;
    const leftBytes = Math.min(this.#mostBytes, batch.length - offset);
    if (!this.#wholeLines || leftBytes <= PAGE_BYTES) return leftBytes;
    const linesEnd = batch.written.lastIndexOf(NEWLINE, offset + PAGE_BYTES - 1) + 1;
    return linesEnd > offset ? linesEnd - offset : PAGE_BYTES;
  }

  /**
   * How many of the bytes from the offset on were written; 0 where it must be tried again later, or never.
   */
  #tryWrite(bytes: Buffer, lengthBytes: number): number {
    try {
      const written = writeSync(this.#fd, bytes, this.#batches.offset, lengthBytes);
      this.#writtenBytes += written;
      return written;
    } catch (failure) {
      this.#fail(failure);
      return 0;
    }
  }

  #fail(failure: unknown): void {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === "EAGAIN" || code === "EINTR") return;
    if (code !== "EPIPE" && code !== "ECONNRESET") this.#error = writeError(failure);
    this.#discard();
  }

  #discard(): void {
    this.#closed = true;
    this.#batches.discard();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#cancelSoon();
  }

  /** Ever later while nothing is taken. */
  #retry(): void {
    const stalls = this.#writtenBytes === this.#writtenAtRetry;
    this.#retryMs = stalls ? Math.min(RETRY_MS, 2 * this.#retryMs) : FIRST_RETRY_MS;
    this.#writtenAtRetry = this.#writtenBytes;
    this.#pumpIn(this.#retryMs);
  }

  /** The timer keeps no process alive: whoever ends awaits flush(). */
  #pumpIn(delayMs: number): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.pump();
    }, delayMs);
    this.#timer.unref();
  }

  /**
   * In the next turn of the event loop, unless all is written by then. No timer of 0 ms: it wakes the process
   * again, also when it was cleared.
   */
  #pumpSoon(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined;
      this.pump();
    });
  }

  #cancelSoon(): void {
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
  }
}
