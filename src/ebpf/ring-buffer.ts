/**
 * A ring buffer as a program reads it: records come as copies, never as views of mapped memory, which kill
 * the process where they are read after it was unmapped.
 */
import { type BpfMap, type DrainResult, RingBuffer as MappedRing } from "../bpf/index.ts";
import { libcSyscalls } from "../sys/libc.ts";
import type { Syscalls, Watch } from "../sys/syscalls.ts";
import type { SyscallOptions } from "./options.ts";

/** The event loop gets a turn after this long, however fast records come. */
const SLICE_MS = 10;

export interface RecordOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The reading end of a map of kind "ring-buffer".
 *
 * As an async iterator it gives records as they come, oldest first, until it is disposed; `records` also ends
 * with an AbortSignal. A record is copied and its room freed when it is taken, one at a time: while the
 * loop's body is busy the ring fills, and once it is full the kernel's programs get no room and must count
 * what they lose. What was not taken stays in the ring for the next reader.
 *
 * @example
 * ```ts
 * import { attach, Builder, createMap, loadProgram, type MapSpec } from "tcpdrop/ebpf";
 * import { RingBuffer, struct, u64, uapi } from "tcpdrop/ebpf";
 *
 * const record = struct("record", 8, { process: u64(0) });
 * const spec: MapSpec = { name: "calls", kind: "ring-buffer", keySize: 0, valueSize: 0, maxEntries: 1 << 16 };
 *
 * const b = new Builder();
 * const caller = b.call(uapi.BPF_FUNC_get_current_pid_tgid, [], "get_current_pid_tgid").shiftRight(32);
 * const buffer = b.buffer(record.size);
 * const memory = b.memory(record, buffer.address);
 * memory.set("process", caller);
 * b.leaveIf(memory.get("process").ne(process.pid));
 * b.call(uapi.BPF_FUNC_ringbuf_output, [spec, buffer.address, record.size, 0], "ringbuf_output");
 *
 * using map = createMap(spec);
 * using program = loadProgram(
 *   { name: "calls", attach: { kind: "raw_tp", tracepoint: "sys_enter" }, ...b.finish(), license: "GPL" },
 *   { maps: [map] },
 * );
 * using ring = new RingBuffer(map);
 * using _link = attach(program);
 * for await (const bytes of ring) {
 *   console.log(record.decode(bytes).process === BigInt(process.pid));
 *   break;
 * }
 * // prints: true
 * ```
 */
export class RingBuffer implements Disposable, AsyncIterable<Uint8Array> {
  readonly #ring: MappedRing;
  readonly #map: BpfMap;
  readonly #sys: Syscalls;
  /** Iterators that wait for a record. libuv allows one watch for each descriptor, so they share it. */
  readonly #waiting = new Set<() => void>();
  #watch: Watch | undefined;
  #isClosed = false;

  constructor(map: BpfMap, { sys = libcSyscalls }: SyscallOptions = {}) {
    this.#ring = new MappedRing(sys, map, sys.pageSize());
    this.#map = map;
    this.#sys = sys;
  }

  get sizeBytes(): number {
    return this.#ring.sizeBytes;
  }

  /** Bytes of records that were not read yet, headers included. */
  get pendingBytes(): number {
    return this.#ring.pendingBytes;
  }

  /** Reads what is there now, at most `maxRecords`; each record is a copy. */
  drain(onRecord: (record: Uint8Array) => void, maxRecords = Number.POSITIVE_INFINITY): DrainResult {
    const { data } = this.#ring;
    return this.#ring.drain((offset, length) => onRecord(data.slice(offset, offset + length)), maxRecords);
  }

  /** Records as they come, until the signal or until the ring buffer is disposed. */
  async *records({ signal }: RecordOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    let sliceEndsMs = performance.now() + SLICE_MS;
    while (!this.#isClosed && signal?.aborted !== true) {
      const record = this.#take();
      if (record === undefined) await this.#readable(signal);
      else yield record;
      if (performance.now() < sliceEndsMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      sliceEndsMs = performance.now() + SLICE_MS;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void, undefined> {
    return this.records();
  }

  /** Unmaps it, and ends its iterators. The map is closed by whoever created it, and after this. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#watch?.close();
    this.#wake();
    this.#ring[Symbol.dispose]();
  }

  /** The oldest record; its room is free then. */
  #take(): Uint8Array | undefined {
    let taken: Uint8Array | undefined;
    this.drain((record) => {
      taken = record;
    }, 1);
    return taken;
  }

  /** Resolves when the ring may hold a record, and when there is no reason to wait any more. */
  async #readable(signal: AbortSignal | undefined): Promise<void> {
    this.#watch ??= this.#sys.watchReadable(this.#map.fd);
    this.#watch.start(() => this.#wake());
    let resume: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      resume = resolve;
    });
    this.#waiting.add(resume);
    signal?.addEventListener("abort", resume);
    await woken;
    signal?.removeEventListener("abort", resume);
    this.#waiting.delete(resume);
    if (this.#waiting.size === 0) this.#watch.stop();
  }

  #wake(): void {
    for (const resume of this.#waiting) resume();
  }
}
