/** Structured programs on top of the assembler. */
import type { Struct } from "../bytes/struct.ts";
import { BuildError } from "../errors.ts";
import * as uapi from "../sys/uapi.gen.ts";
import { Assembler, type Callee, type Size } from "./assembler.ts";
import { branch, type Comparison } from "./branch.ts";
import { evaluate } from "./evaluate.ts";
import { type Condition, type Expression, expressionOf, Scalar, uses } from "./expression.ts";
import { Label, type Register } from "./instruction.ts";
import type { MapSpec } from "./map-spec.ts";
import { StackBuffer } from "./stack-buffer.ts";
import { StructMemory } from "./struct-memory.ts";

const STACK_BYTES = 512;
const PINNED: readonly Register[] = [6, 7, 8, 9];

/**
 * A program under construction: values that know their width, pointers that know their struct, `if`, early
 * exit, helper calls and maps. What is called on it becomes instructions, in this order.
 * Registers: R6-R9 hold what `pin` puts there. R1-R5 are scratch for one expression, or the arguments of one
 * call. R0 is the last call's result; using it after the next call is a BuildError. The rest is on the stack.
 *
 * @example
 * ```ts
 * import { Builder } from "tcpdrop/ebpf";
 *
 * const b = new Builder();
 * b.leaveIf(b.loadFrom(8, b.context, 8, "system call").ne(1));
 * console.log(b.finish().labels);
 * // prints: Map(1) { 2 => [ 'on', 'out' ] }
 * ```
 */
export class Builder {
  readonly asm = new Assembler();
  #out = new Label("out");
  /** Cleanups of whenLeaving(), innermost last, each with the exit label of the code before it. */
  readonly #leaving: { readonly release: () => void; readonly before: Label }[] = [];
  #stackUsed = 0;
  #pinned = 0;
  /** Number of the last helper call; the results of earlier ones are gone. */
  #call = 0;
  /** R1 has been overwritten since the program began: it no longer holds the context. */
  #contextLost = false;

  /** The context, in R1 at the program's start; pin it before the first call. */
  get context(): Scalar {
    return new Scalar({ kind: "register", register: 1 }, 64);
  }

  /** Keeps a value in one of R6-R9 for the rest of the program. */
  pin(value: Scalar, comment: string): Scalar {
    const register = this.#take(`to pin ${comment}`);
    this.#into(register, value.expression, comment);
    return new Scalar({ kind: "register", register }, value.bits);
  }

  /** Reserves one of R6-R9 for values that change: `assign` writes them. */
  reserve(name: string): Scalar {
    return new Scalar({ kind: "register", register: this.#take(`for ${name}`) }, 64);
  }

  /** Writes a register that `reserve` returned; the verifier rejects a read before. */
  assign(register: Scalar, value: Scalar | number, comment: string): void {
    const { expression } = register;
    if (expression.kind !== "register") throw new BuildError("Only a reserved register can be assigned to");
    this.#into(expression.register, expressionOf(value), comment);
  }

  /**
   * Keeps a value on the stack, read by bpf_probe_read_kernel where direct loads are not allowed. If that
   * read fails, the value is 0.
   */
  keep(value: Scalar, name: string): Scalar {
    const slot = this.variable(name);
    this.set(slot, value);
    return new Scalar(slot.expression, value.bits);
  }

  /** A stack slot that `set` writes; the verifier rejects a read before. */
  variable(name: string): Scalar {
    return new Scalar({ kind: "slot", offset: this.#allocate(8), name }, 64);
  }

  set(variable: Scalar, value: Scalar | number): void {
    const slot = variable.expression;
    if (slot.kind !== "slot") throw new BuildError("Only a variable can be set");
    const expression = expressionOf(value);
    if (expression.kind === "probe") {
      this.asm.storeConstant(8, 10, slot.offset, 0, slot.name);
      const address = new Scalar(expression.base, 64).add(expression.offset);
      this.call(
        uapi.BPF_FUNC_probe_read_kernel,
        [new Scalar({ kind: "frame", offset: slot.offset }, 64), expression.size, address],
        `${slot.name} = ${expression.comment}`,
      );
      return;
    }
    if (expression.kind === "constant" && expression.value === BigInt.asIntN(32, expression.value)) {
      this.asm.storeConstant(8, 10, slot.offset, Number(expression.value), slot.name);
      return;
    }
    const register = this.#anywhere(expression, 1);
    this.asm.storeRegister(8, 10, slot.offset, register, `${slot.name} =`);
  }

  buffer(sizeBytes: number): StackBuffer {
    return new StackBuffer(this.#allocate(Math.ceil(sizeBytes / 8) * 8), sizeBytes);
  }

  /** *(size *)(address + offset) = value, where the verifier allows it: the stack, a map's value. */
  store(size: Size, address: Scalar, offset: number, value: Scalar | number, comment: string): void {
    const expression = expressionOf(value);
    if (expression.kind === "constant" && expression.value === BigInt.asIntN(32, expression.value)) {
      const base = this.#anywhere(address.expression, 1);
      this.asm.storeConstant(size, base, offset, Number(expression.value), comment);
      return;
    }
    const from = this.#anywhere(expression, 1);
    const base = this.#anywhere(address.expression, from === 1 ? 2 : 1);
    this.asm.storeRegister(size, base, offset, from, comment);
  }

  /** A direct load through `address`, which must be a pointer that the verifier knows. */
  loadFrom(size: Size, address: Scalar, offset: number, comment: string): Scalar {
    return new Scalar({ kind: "load", base: address.expression, offset, size, comment }, 8 * size);
  }

  /** An argument of a tp_btf, fentry or fexit program: typed, because the verifier knows the prototype. */
  argument(context: Scalar, index: number, comment: string): Scalar {
    return this.loadFrom(8, context, 8 * index, comment);
  }

  /** Calls a helper or a kfunc; the result is valid until the next call. */
  call(callee: Callee, callArguments: readonly (Scalar | MapSpec | number)[], comment: string): Scalar {
    if (callArguments.length > 5) throw new BuildError(`${comment}: a helper takes at most 5 arguments`);
    for (const [index, argument] of callArguments.entries()) {
      const register = (index + 1) as Register;
      if (typeof argument === "object" && "kind" in argument) this.asm.loadMap(register, argument);
      else this.#into(register, expressionOf(argument));
      this.#contextLost = true;
    }
    this.asm.call(callee, comment);
    this.#contextLost = true;
    this.#call += 1;
    return new Scalar({ kind: "result", call: this.#call }, 64);
  }

  /** Copies kernel memory to the stack; the result is 0, or negative on failure. */
  probeReadKernel(to: StackBuffer, sizeBytes: number, from: Scalar, comment: string): Scalar {
    if (sizeBytes > to.size)
      throw new BuildError(`${comment}: ${sizeBytes} bytes do not fit into ${to.size}`);
    return this.call(
      uapi.BPF_FUNC_probe_read_kernel,
      [to.address, sizeBytes, from],
      `probe_read_kernel ${comment}`,
    );
  }

  /** The address of the value at `index`, or NULL: test it before use. */
  lookupIndex(map: MapSpec, index: number): Scalar {
    const key = this.buffer(8);
    this.store(4, key.address, 0, index, "key");
    return this.lookup(map, key);
  }

  /** The address of the value for a key on the stack, or NULL: test it before use. */
  lookup(map: MapSpec, key: StackBuffer): Scalar {
    return this.call(uapi.BPF_FUNC_map_lookup_elem, [map, key.address], `map_lookup_elem ${map.name}`);
  }

  /** A struct in writable memory: a map's value. */
  memory<F extends Struct<unknown>["fields"]>(layout: Struct<F>, address: Scalar): StructMemory<F> {
    return new StructMemory(this, layout, address);
  }

  /** Runs `then` if the condition holds, else `otherwise`. */
  if(condition: Condition, then: () => void, otherwise?: () => void): void {
    const yes = new Label("then");
    const no = new Label("else");
    const end = otherwise === undefined ? no : new Label("end");
    this.#branch(condition, yes, no, "yes");
    this.asm.bind(yes);
    const call = this.#call;
    then();
    if (otherwise !== undefined) {
      // The verifier rejects unreachable code, which this jump would be if `then` exits.
      if (this.asm.fallsThrough) this.asm.jump(end);
      this.asm.bind(no);
      // After the `if`, a result from before it may be lost in one of the branches: invalidate it in both.
      otherwise();
    }
    if (this.#call !== call) this.#call += 1;
    this.asm.bind(end);
  }

  /** Exits the program if the condition holds. */
  leaveIf(condition: Condition): void {
    this.jumpIf(condition, this.#out);
  }

  leave(): void {
    this.asm.jump(this.#out);
  }

  /** Every exit from here on runs `release` first; earlier exits do not. */
  whenLeaving(release: () => void): void {
    this.#leaving.push({ release, before: this.#out });
    this.#out = new Label("release");
  }

  label(name: string): Label {
    return new Label(name);
  }

  jumpIf(condition: Condition, target: Label): void {
    const on = new Label("on");
    this.#branch(condition, target, on, "no");
    this.asm.bind(on);
  }

  jump(target: Label): void {
    this.asm.jump(target);
  }

  bind(label: Label): void {
    this.asm.bind(label);
    this.#call += 1;
  }

  /** Ends the program: every exit returns `result`, a number or the final value of a variable. */
  finish(result: Scalar | number = 0): ReturnType<Assembler["finish"]> {
    this.asm.bind(this.#out);
    for (const { release, before } of this.#leaving.toReversed()) {
      release();
      this.asm.bind(before);
    }
    this.#into(0, expressionOf(result), typeof result === "number" ? `return ${result}` : "return");
    this.asm.exit();
    return this.asm.finish();
  }

  #branch(condition: Condition, yes: Label, no: Label, next: "yes" | "no"): void {
    branch(this.asm, condition, { yes, no, next, compare: (each, target) => this.#compare(each, target) });
  }

  #compare({ op, left, right }: Comparison, target: Label): void {
    const dst = this.#anywhere(left, 1);
    if (right.kind === "constant" && right.value === BigInt.asIntN(32, right.value)) {
      this.asm.jumpIf(op, dst, { constant: Number(right.value) }, target);
      return;
    }
    this.asm.jumpIf(op, dst, { register: this.#anywhere(right, dst === 1 ? 2 : 1) }, target);
  }

  /** The register that holds the value: its own, or R`scratch` after evaluating it there. */
  #anywhere(expression: Expression, scratch: Register): Register {
    if (expression.kind === "register") {
      this.#demandContext(expression);
      return expression.register;
    }
    if (expression.kind === "result") {
      this.#demandResult(expression.call);
      return 0;
    }
    this.#into(scratch, expression);
    return scratch;
  }

  #into(register: Register, expression: Expression, comment?: string): void {
    this.#demandContext(expression);
    evaluate(this.asm, expression, register, (call) => this.#demandResult(call), comment);
    // An operand of a value evaluated into R6-R9 may have been evaluated in R1.
    if (register === 1 || (register >= 6 && expression.kind === "binary")) this.#contextLost = true;
  }

  #demandContext(expression: Expression): void {
    if (this.#contextLost && uses(expression, 1))
      throw new BuildError("The context is no longer in R1: pin() it at the start of the program");
  }

  #demandResult(call: number): void {
    if (call !== this.#call)
      throw new BuildError(
        "The result of a helper call is used after another call overwrote it: keep() it first",
      );
  }

  #take(what: string): Register {
    const register = PINNED[this.#pinned++];
    if (register === undefined) throw new BuildError(`No register is left ${what}: R6-R9 are taken`);
    return register;
  }

  #allocate(sizeBytes: number): number {
    this.#stackUsed += sizeBytes;
    if (this.#stackUsed > STACK_BYTES)
      throw new BuildError(`The program needs more than ${STACK_BYTES} bytes of stack`);
    return -this.#stackUsed;
  }
}
