/** The program on iter/task_file, loaded: which processes hold which sockets. */
import { read, readSync } from "node:fs";
import { attachToProcess, openIterator } from "../../bpf/index.ts";
import type { Btf } from "../../btf/index.ts";
import { SyscallError } from "../../errors.ts";
import type { OwnedFd } from "../../sys/fd.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import { LoadedIterator, type MakeProgram } from "./loaded-iterator.ts";
import { type SocketAccess, socketFileProgram } from "./socket-file-program.ts";
import { type SocketFile, SocketFileReader, socketFileRecord } from "./socket-file-record.ts";

/** At most 8 pages are given at a time (bpf_seq_read, kernel/bpf/bpf_iter.c): whole records in each. */
const BLOCK_BYTES = 512 * socketFileRecord.size;

export type IsWanted = (inode: number, pid: number) => boolean;
export type OnSocket = (socket: SocketFile) => void;

export class SocketFileWalker implements Disposable {
  readonly #sys: Syscalls;
  readonly #all: LoadedIterator;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  readonly #reader = new SocketFileReader(this.#block);
  #canLimit = true;
  #isClosed = false;

  private constructor(sys: Syscalls, all: LoadedIterator) {
    this.#sys = sys;
    this.#all = all;
  }

  /** Loads the program; the errors are those of `LoadedIterator.load`. */
  static open(sys: Syscalls, btf: Btf): SocketFileWalker {
    const programOf =
      (access: SocketAccess): MakeProgram =>
      (kernel) =>
        socketFileProgram(kernel, access);
    return new SocketFileWalker(
      sys,
      LoadedIterator.load(sys, btf, programOf("helpers"), programOf("fields")),
    );
  }

  /** False once the kernel has refused to look at one process alone: before Linux 6.1. */
  get canLimit(): boolean {
    return this.#canLimit;
  }

  /**
   * The sockets of one process, by its number in our pid namespace; nothing where it is gone. False where
   * this kernel only walks all.
   */
  walkProcess(pid: number, isWanted: IsWanted, onSocket: OnSocket): boolean {
    if (!this.#canLimit) return false;
    using link = this.#limited(pid);
    if (link === undefined) return false;
    using iterator = openIterator(this.#sys, link);
    for (
      let length = readSync(iterator.fd, this.#block);
      length > 0;
      length = readSync(iterator.fd, this.#block)
    )
      for (const socket of this.#reader.read(length, isWanted)) onSocket(socket);
    return true;
  }

  #limited(pid: number): OwnedFd | undefined {
    try {
      return attachToProcess(this.#sys, this.#all.program, pid);
    } catch (failure) {
      if (!(failure instanceof SyscallError && failure.errnoName === "E2BIG")) throw failure;
      this.#canLimit = false;
      return undefined;
    }
  }

  /**
   * The sockets of all processes of our pid namespace and those below. It is read by another thread, a block
   * at a time; false where it was closed meanwhile.
   */
  async walk(isWanted: IsWanted, onSocket: OnSocket): Promise<boolean> {
    using iterator = this.#all.open();
    // Others walk a single process meanwhile.
    const block = Buffer.alloc(BLOCK_BYTES);
    const reader = new SocketFileReader(block);
    for (;;) {
      const length = await readBlock(iterator, block);
      if (this.#isClosed) return false;
      if (length === 0) return true;
      for (const socket of reader.read(length, isWanted)) onSocket(socket);
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#all[Symbol.dispose]();
  }
}

export function readBlock(iterator: OwnedFd, block: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    read(iterator.fd, block, 0, block.length, null, (failure, length) =>
      failure === null ? resolve(length) : reject(failure),
    );
  });
}
