/** A program on a BPF iterator, loaded and attached: each opening of it walks anew. */
import { attach, KernelTypes, openIterator, Program, type ProgramSpec } from "../../bpf/index.ts";
import type { Btf } from "../../btf/index.ts";
import { VerifierError } from "../../errors.ts";
import type { OwnedFd } from "../../sys/fd.ts";
import { Scope } from "../../sys/scope.ts";
import type { Syscalls } from "../../sys/syscalls.ts";

export type MakeProgram = (kernel: KernelTypes) => ProgramSpec;

export class LoadedIterator implements Disposable {
  readonly program: Program;
  readonly #sys: Syscalls;
  readonly #scope: Scope;
  readonly #link: OwnedFd;

  private constructor(sys: Syscalls, scope: Scope, program: Program, link: OwnedFd) {
    this.#sys = sys;
    this.#scope = scope;
    this.program = program;
    this.#link = link;
  }

  /**
   * `otherwise` is for a verifier that rejects the first program. The errors are those of `Program.load` and
   * `attach`; nothing stays open then.
   */
  static load(sys: Syscalls, btf: Btf, first: MakeProgram, otherwise?: MakeProgram): LoadedIterator {
    const scope = new Scope();
    try {
      const program = scope.own(loadProgram(sys, btf, first, otherwise));
      return new LoadedIterator(sys, scope, program, scope.own(attach(sys, program)));
    } catch (failure) {
      scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** A descriptor that is read for what the program writes. */
  open(): OwnedFd {
    return openIterator(this.#sys, this.#link);
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

function loadProgram(sys: Syscalls, btf: Btf, first: MakeProgram, otherwise?: MakeProgram): Program {
  const kernel = new KernelTypes(btf);
  const load = (make: MakeProgram): Program => Program.load(sys, make(kernel), btf, new Map());
  if (otherwise === undefined) return load(first);
  try {
    return load(first);
  } catch (failure) {
    if (!(failure instanceof VerifierError)) throw failure;
    return load(otherwise);
  }
}
