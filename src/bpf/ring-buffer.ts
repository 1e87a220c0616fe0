/**
 * The consumer's side of a BPF ring buffer: kernel/bpf/ringbuf.c, since Linux 5.8.
 *
 *     page 0        consumer position (u64): we write it
 *     page 1        producer position (u64): the kernel writes it
 *     page 2 ...    data, mapped twice in a row, so that a record that wraps can be read in one piece
 *
 *     record        len:30 discard:1 busy:1 | pg_off:32 | payload, padded to 8 bytes
 *
 * Memory ordering. The kernel publishes the producer position with a store-release after it wrote the
 * record's header with the busy bit set, and publishes the payload with an exchange that clears the busy bit.
 * So:
 *  1. the producer position is loaded atomically (acquire): headers before it are whole;
 *  2. each header's length is loaded atomically (acquire): a clear busy bit means that the payload is whole;
 *  3. the payload is copied or decoded before the consumer position is stored (release): the kernel reuses
 *     the bytes after that. Atomics are sequentially consistent, which is more than acquire and release ask
 *     for, and compile to plain loads on x86 and arm64.
 *
 * Wake-ups. The kernel wakes the reader for a record that finds the ring empty (its position equals the
 * consumer's). No record is sent with a flag, so no wake-up can be lost; a reader that drains at intervals is
 * woken at most once in each.
 */
import { UnsupportedError } from "../errors.ts";
import { Mapping } from "../sys/mapping.ts";
import { Scope } from "../sys/scope.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import type { BpfMap } from "./maps.ts";

const HEADER_BYTES = 8;
/** BPF_RINGBUF_BUSY_BIT and BPF_RINGBUF_DISCARD_BIT of include/uapi/linux/bpf.h. */
const BUSY = 1 << 31;
const DISCARD = 1 << 30;
const LENGTH = DISCARD - 1;

/**
 * Called for each record: `bytes` is the whole ring (twice), the record is at `offset` for `length` bytes
 * until the call returns.
 */
export type OnRecord = (offset: number, length: number) => void;

export interface DrainResult {
  readonly records: number;
  /** True if everything was read that the kernel had published when the drain began. */
  readonly caughtUp: boolean;
}

export class RingBuffer implements Disposable {
  /** The data pages, mapped twice in a row: the `offset` of a record counts in these. */
  readonly data: Uint8Array;
  readonly sizeBytes: number;
  readonly #mask: number;
  readonly #consumer: BigInt64Array;
  readonly #producer: BigInt64Array;
  readonly #headers: Int32Array;
  readonly #scope = new Scope();
  #closed = false;

  /** `pageBytes` is the machine's page size: the layout depends on it. */
  constructor(sys: Syscalls, map: BpfMap, pageBytes: number) {
    this.sizeBytes = map.spec.maxEntries;
    this.#mask = this.sizeBytes - 1;
    if ((this.sizeBytes & this.#mask) !== 0 || this.sizeBytes < pageBytes)
      throw new UnsupportedError(
        `A ring buffer of ${this.sizeBytes} bytes is not a power of two of at least one page`,
        "ring buffer size",
      );
    try {
      const consumer = this.#scope.own(
        Mapping.open(sys, map.fd, pageBytes, 0, "read-write", "the ring buffer's consumer page"),
      );
      const producer = this.#scope.own(
        Mapping.open(
          sys,
          map.fd,
          pageBytes + 2 * this.sizeBytes,
          pageBytes,
          "read",
          "the ring buffer's data",
        ),
      );
      this.#consumer = new BigInt64Array(consumer.view, 0, 1);
      this.#producer = new BigInt64Array(producer.view, 0, 1);
      this.data = new Uint8Array(producer.view, pageBytes, 2 * this.sizeBytes);
      this.#headers = new Int32Array(producer.view, pageBytes, (2 * this.sizeBytes) / 4);
    } catch (failure) {
      this.#scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** Unread bytes. Positions are exact as numbers below 2^53 bytes. */
  get pendingBytes(): number {
    return this.#closed ? 0 : Number(Atomics.load(this.#producer, 0) - Atomics.load(this.#consumer, 0));
  }

  /**
   * Reads up to the producer's position at the start, and at most `maxRecords`. Stops at a record that the
   * kernel is still writing; its commit wakes the reader, because the consumer then stands at it.
   */
  drain(onRecord: OnRecord, maxRecords = Number.POSITIVE_INFINITY): DrainResult {
    if (this.#closed) return { records: 0, caughtUp: true };
    const end = Number(Atomics.load(this.#producer, 0));
    let at = Number(Atomics.load(this.#consumer, 0));
    let records = 0;
    try {
      while (at < end && records < maxRecords) {
        const offset = at & this.#mask;
        const header = Atomics.load(this.#headers, offset >>> 2);
        if ((header & BUSY) !== 0) break;
        const length = header & LENGTH;
        // Counted as read before the callback: a record whose callback throws is not delivered again.
        at += (length + HEADER_BYTES + 7) & ~7;
        if ((header & DISCARD) !== 0) continue;
        records += 1;
        onRecord(offset + HEADER_BYTES, length);
      }
    } finally {
      // Once for the batch: the kernel reuses the bytes only from here on, and one bigint per record would
      // cost.
      Atomics.store(this.#consumer, 0, BigInt(at));
    }
    return { records, caughtUp: at >= end };
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#scope[Symbol.dispose]();
  }
}
