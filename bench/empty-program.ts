/** The minimum cost of tracing drops: a program on the same tracepoint that returns at once. */
import { attach, Builder, Program } from "../src/bpf/index.ts";
import { openKernelBtf } from "../src/btf/index.ts";
import { libcSyscalls as sys } from "../src/sys/libc.ts";
import { Scope } from "../src/sys/scope.ts";

export class EmptyProgram implements Disposable {
  readonly #scope = new Scope();
  readonly id: number;

  constructor() {
    const spec = {
      name: "empty",
      attach: { kind: "tp_btf", tracepoint: "kfree_skb" },
      ...new Builder().finish(),
      license: "Dual MIT/GPL",
    } as const;
    const program = this.#scope.own(Program.load(sys, spec, openKernelBtf(), new Map()));
    this.id = program.info().id;
    this.#scope.own(attach(sys, program));
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}
