/**
 * Kernel memory mapped into this process.
 *
 * An ArrayBuffer over a mapping outlives munmap, and the next read kills the process with SIGSEGV. So views
 * stay in here and in the ring buffer's reader, and `view` throws once the mapping is closed.
 */

import { syscallError } from "./errno.ts";
import { MAP_SHARED, PROT_READ, PROT_WRITE } from "./macros.ts";
import type { Fd, Syscalls } from "./syscalls.ts";

let openCount = 0;

/**
 * How many mappings are open now; tests check that it returns to its old value.
 *
 * @example
 * ```ts
 * import { createMap, openMappings, RingBuffer } from "tcpdrop/ebpf";
 *
 * using map = createMap({ name: "ring", kind: "ring-buffer", keySize: 0, valueSize: 0, maxEntries: 1 << 16 });
 * const before = openMappings();
 * {
 *   using _ring = new RingBuffer(map);
 *   console.log(openMappings() - before); // the reader's position, and the data
 * }
 * console.log(openMappings() - before);
 * // prints: 2
 * // prints: 0
 * ```
 */
export function openMappings(): number {
  return openCount;
}

export class Mapping implements Disposable {
  readonly lengthBytes: number;
  readonly #sys: Syscalls;
  readonly #address: bigint;
  #view: ArrayBuffer | undefined;

  private constructor(sys: Syscalls, address: bigint, lengthBytes: number) {
    this.#sys = sys;
    this.#address = address;
    this.lengthBytes = lengthBytes;
    this.#view = sys.viewMemory(address, lengthBytes);
    openCount += 1;
  }

  /** Maps `lengthBytes` of `fd`, shared, from `offsetBytes` on. */
  static open(
    sys: Syscalls,
    fd: Fd,
    lengthBytes: number,
    offsetBytes: number,
    access: "read" | "read-write",
    what: string,
  ): Mapping {
    const protection = access === "read" ? PROT_READ : PROT_READ | PROT_WRITE;
    const address = sys.mmap(lengthBytes, protection, MAP_SHARED, fd, offsetBytes);
    if (address < 0n) throw syscallError(Number(-address), "mmap", `Cannot map ${what}`);
    return new Mapping(sys, address, lengthBytes);
  }

  /** The memory; do not keep it longer than the mapping. */
  get view(): ArrayBuffer {
    if (this.#view === undefined) throw new Error("The mapping is closed");
    return this.#view;
  }

  [Symbol.dispose](): void {
    if (this.#view === undefined) return;
    this.#view = undefined;
    this.#sys.munmap(this.#address, this.lengthBytes);
    openCount -= 1;
  }
}
