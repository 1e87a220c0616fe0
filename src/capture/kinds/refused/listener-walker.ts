/**
 * The program on iter/tcp, loaded: walks the listening sockets of the network namespace that this thread is
 * in.
 */
import { readSync } from "node:fs";
import { attach, KernelTypes, openIterator, Program } from "../../../bpf/index.ts";
import type { Btf } from "../../../btf/index.ts";
import { VerifierError } from "../../../errors.ts";
import type { OwnedFd } from "../../../sys/fd.ts";
import { Scope } from "../../../sys/scope.ts";
import type { Syscalls } from "../../../sys/syscalls.ts";
import { listenerProgram } from "./listener-program.ts";
import { listenerRecord } from "./listener-record.ts";

/**
 * The kernel gives at most 8 pages at a time, and whole records to a buffer for whole records (bpf_seq_read,
 * kernel/bpf/bpf_iter.c).
 */
const BLOCK_BYTES = 512 * listenerRecord.size;

function loadProgram(sys: Syscalls, btf: Btf, owners: boolean): Program {
  const kernel = new KernelTypes(btf);
  try {
    return Program.load(sys, listenerProgram(kernel, "cookie", owners), btf, new Map());
  } catch (failure) {
    if (!(failure instanceof VerifierError)) throw failure;
    return Program.load(sys, listenerProgram(kernel, "address", owners), btf, new Map());
  }
}

export class ListenerWalker implements Disposable {
  readonly #sys: Syscalls;
  readonly #scope: Scope;
  readonly #link: OwnedFd;
  readonly #block = new Uint8Array(BLOCK_BYTES);

  private constructor(sys: Syscalls, scope: Scope, link: OwnedFd) {
    this.#sys = sys;
    this.#scope = scope;
    this.#link = link;
  }

  /** Loads the program, which asks whose they are where `owners` is true; the errors are those of `Program.load` and `attach`. */
  static open(sys: Syscalls, btf: Btf, owners = false): ListenerWalker {
    const scope = new Scope();
    try {
      const program = scope.own(loadProgram(sys, btf, owners));
      return new ListenerWalker(sys, scope, scope.own(attach(sys, program)));
    } catch (failure) {
      scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** The records of all listening sockets here, one after another (listener-record.ts). */
  walk(): Uint8Array {
    using iterator = openIterator(this.#sys, this.#link);
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
    this.#scope[Symbol.dispose]();
  }
}
