/** The program on iter/task, loaded: the machine's processes. */
import type { Btf } from "../../btf/index.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import { LoadedIterator } from "./loaded-iterator.ts";
import { processProgram } from "./process-program.ts";
import { type ProcessEntry, processRecord, readProcesses } from "./process-record.ts";
import { readBlock } from "./socket-file-walker.ts";

const BLOCK_BYTES = 512 * processRecord.size;

export class ProcessWalker implements Disposable {
  readonly #iterator: LoadedIterator;

  private constructor(iterator: LoadedIterator) {
    this.#iterator = iterator;
  }

  /** Loads the program; the errors are those of `LoadedIterator.load`. */
  static open(sys: Syscalls, btf: Btf): ProcessWalker {
    return new ProcessWalker(LoadedIterator.load(sys, btf, processProgram));
  }

  /** All processes of our pid namespace and those below, read by another thread. */
  async walk(): Promise<readonly ProcessEntry[]> {
    using iterator = this.#iterator.open();
    const block = Buffer.alloc(BLOCK_BYTES);
    const processes: ProcessEntry[] = [];
    for (let length = await readBlock(iterator, block); length > 0; length = await readBlock(iterator, block))
      processes.push(...readProcesses(block, length));
    return processes;
  }

  [Symbol.dispose](): void {
    this.#iterator[Symbol.dispose]();
  }
}
