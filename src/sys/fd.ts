/** Owned file descriptors, and a count of the open ones for leak checks. */
import type { Fd, Syscalls } from "./syscalls.ts";

let openCount = 0;

/**
 * How many owned descriptors are open now; tests check that it returns to its old value.
 *
 * @example
 * ```ts
 * import { createMap, openDescriptors } from "tcpdrop/ebpf";
 *
 * const before = openDescriptors();
 * {
 *   using _map = createMap({ name: "hits", kind: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
 *   console.log(openDescriptors() - before);
 * }
 * console.log(openDescriptors() - before);
 * // prints: 1
 * // prints: 0
 * ```
 */
export function openDescriptors(): number {
  return openCount;
}

/** Closes its descriptor exactly once. */
export class OwnedFd implements Disposable {
  readonly #sys: Syscalls;
  readonly #what: string;
  #fd: Fd | undefined;

  constructor(sys: Syscalls, fd: number, what: string) {
    this.#sys = sys;
    this.#fd = fd as Fd;
    this.#what = what;
    openCount += 1;
  }

  /** The descriptor; using it after close is a bug, and throws. */
  get fd(): Fd {
    if (this.#fd === undefined) throw new Error(`${this.#what} is closed`);
    return this.#fd;
  }

  get isOpen(): boolean {
    return this.#fd !== undefined;
  }

  [Symbol.dispose](): void {
    if (this.#fd === undefined) return;
    this.#sys.close(this.#fd);
    this.#fd = undefined;
    openCount -= 1;
  }
}
