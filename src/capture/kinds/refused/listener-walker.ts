/**
 * The program on iter/tcp, loaded: walks the listening sockets of the network namespace that this thread is
 * in.
 */
import { readSync } from "node:fs";
import type { Btf } from "../../../btf/index.ts";
import type { OwnedFd } from "../../../sys/fd.ts";
import type { Syscalls } from "../../../sys/syscalls.ts";
import { LoadedIterator, type MakeProgram } from "../../iterators/loaded-iterator.ts";
import { type ListenerIdentity, listenerProgram } from "./listener-program.ts";
import { listenerRecord } from "./listener-record.ts";

/**
 * The kernel gives at most 8 pages at a time, and whole records to a buffer for whole records (bpf_seq_read,
 * kernel/bpf/bpf_iter.c).
 */
const BLOCK_BYTES = 512 * listenerRecord.size;

export class ListenerWalker implements Disposable {
  readonly #iterator: LoadedIterator;
  readonly #block = new Uint8Array(BLOCK_BYTES);

  private constructor(iterator: LoadedIterator) {
    this.#iterator = iterator;
  }

  /**
   * Loads the program, which asks whose they are where `owners` is true; the errors are those of
   * `LoadedIterator.load`.
   */
  static open(sys: Syscalls, btf: Btf, owners = false): ListenerWalker {
    const programOf =
      (identity: ListenerIdentity): MakeProgram =>
      (kernel) =>
        listenerProgram(kernel, identity, owners);
    return new ListenerWalker(LoadedIterator.load(sys, btf, programOf("cookie"), programOf("address")));
  }

  /** The records of all listening sockets here, one after another (listener-record.ts). */
  walk(): Uint8Array {
    using iterator = this.#iterator.open();
    const blocks: Uint8Array[] = [];
    for (let length = this.#read(iterator); length > 0; length = this.#read(iterator))
      blocks.push(this.#block.slice(0, length));
    return Buffer.concat(blocks);
  }

  /**
   * 0 at the end: of all sockets, or of those that listen, where the program stops and the kernel says
   * EAGAIN.
   */
  #read(iterator: OwnedFd): number {
    try {
      return readSync(iterator.fd, this.#block);
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === "EAGAIN") return 0;
      throw failure;
    }
  }

  [Symbol.dispose](): void {
    this.#iterator[Symbol.dispose]();
  }
}
