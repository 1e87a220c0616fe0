/** The program on iter/task, loaded: the machine's processes. */
import { attach, KernelTypes, openIterator, Program } from "../../bpf/index.ts";
import type { Btf } from "../../btf/index.ts";
import type { OwnedFd } from "../../sys/fd.ts";
import { Scope } from "../../sys/scope.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import { processProgram } from "./process-program.ts";
import { type ProcessEntry, processRecord, readProcesses } from "./process-record.ts";
import { readBlock } from "./socket-file-walker.ts";

const BLOCK_BYTES = 512 * processRecord.size;

export class ProcessWalker implements Disposable {
  readonly #sys: Syscalls;
  readonly #scope: Scope;
  readonly #link: OwnedFd;

  private constructor(sys: Syscalls, scope: Scope, link: OwnedFd) {
    this.#sys = sys;
    this.#scope = scope;
    this.#link = link;
  }

  /** Loads the program; the errors are those of `Program.load` and `attach`. */
  static open(sys: Syscalls, btf: Btf): ProcessWalker {
    const scope = new Scope();
    try {
      const spec = processProgram(new KernelTypes(btf));
      const program = scope.own(Program.load(sys, spec, btf, new Map()));
      return new ProcessWalker(sys, scope, scope.own(attach(sys, program)));
    } catch (failure) {
      scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** All processes of our pid namespace and those below, read by another thread. */
  async walk(): Promise<readonly ProcessEntry[]> {
    using iterator = openIterator(this.#sys, this.#link);
    const block = Buffer.alloc(BLOCK_BYTES);
    const processes: ProcessEntry[] = [];
    for (let length = await readBlock(iterator, block); length > 0; length = await readBlock(iterator, block))
      processes.push(...readProcesses(block, length));
    return processes;
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}
