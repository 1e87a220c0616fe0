/**
 * Values of a program under construction: expressions as plain data, evaluated where they are used.
 *
 * Nothing here emits an instruction. A load is emitted again at each use; `Builder.keep` and `Builder.pin`
 * store a value that is used often, or that a helper call would overwrite.
 */
import type { AluOp, JumpOp, Size } from "./assembler.ts";
import type { Register } from "./instruction.ts";

export type Expression =
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "register"; readonly register: Register }
  /** 8 bytes of the stack, below the frame pointer. */
  | { readonly kind: "slot"; readonly offset: number; readonly name: string }
  /** The address of a stack slot. */
  | { readonly kind: "frame"; readonly offset: number }
  | {
      readonly kind: "load";
      readonly base: Expression;
      readonly offset: number;
      readonly size: Size;
      readonly comment: string;
    }
  /** Memory that only bpf_probe_read_kernel may read: `keep` does that. */
  | {
      readonly kind: "probe";
      readonly base: Expression;
      readonly offset: number;
      readonly size: Size;
      readonly comment: string;
    }
  | { readonly kind: "binary"; readonly op: AluOp; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "bigEndian"; readonly bits: 16 | 32 | 64; readonly value: Expression }
  /** The result of helper call number `call`: valid until the next call. */
  | { readonly kind: "result"; readonly call: number };

export type Condition =
  | { readonly kind: "compare"; readonly op: JumpOp; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "not"; readonly of: Condition }
  | { readonly kind: "all" | "any"; readonly of: readonly Condition[] };

/**
 * Holds where all of them hold.
 *
 * @example
 * ```ts
 * import { all, Builder, not } from "tcpdrop/ebpf";
 *
 * const b = new Builder();
 * const id = b.pin(b.loadFrom(8, b.context, 8, "system call"), "system call");
 * const wanted = all(id.ge(10), id.lt(20));
 * b.leaveIf(not(wanted));
 * console.log(wanted.kind);
 * // prints: all
 * ```
 */
export const all = (...of: Condition[]): Condition => ({ kind: "all", of });
/**
 * Holds where any of them holds.
 *
 * @example
 * ```ts
 * import { any, Builder, not } from "tcpdrop/ebpf";
 *
 * const b = new Builder();
 * const id = b.pin(b.loadFrom(8, b.context, 8, "system call"), "system call");
 * const wanted = any(id.eq(0), id.eq(17));
 * b.leaveIf(not(wanted));
 * console.log(wanted.kind);
 * // prints: any
 * ```
 */
export const any = (...of: Condition[]): Condition => ({ kind: "any", of });
/**
 * Holds where the condition does not.
 *
 * @example
 * ```ts
 * import { Builder, not } from "tcpdrop/ebpf";
 *
 * const b = new Builder();
 * console.log(not(b.context.isZero()).kind);
 * // prints: not
 * ```
 */
export const not = (of: Condition): Condition => ({ kind: "not", of });

/**
 * An unsigned integer of up to 64 bits; arithmetic is on 64 bits.
 *
 * @example
 * ```ts
 * import { Builder, Scalar } from "tcpdrop/ebpf";
 *
 * const b = new Builder();
 * const port = b.loadFrom(2, b.context, 8, "port").fromBigEndian(16);
 * console.log(port.bits, port.add(Scalar.constant(1)).bits);
 * // prints: 16 64
 * ```
 */
export class Scalar {
  readonly expression: Expression;
  /** Width: bits above are 0. */
  readonly bits: number;

  constructor(expression: Expression, bits: number) {
    this.expression = expression;
    this.bits = bits;
  }

  static constant(value: number | bigint): Scalar {
    return new Scalar({ kind: "constant", value: BigInt(value) }, 64);
  }

  add(other: Scalar | number): Scalar {
    return this.#binary("add", other, 64);
  }
  sub(other: Scalar | number): Scalar {
    return this.#binary("sub", other, 64);
  }
  and(other: Scalar | number | bigint): Scalar {
    return this.#binary("and", other, this.bits);
  }
  or(other: Scalar | number): Scalar {
    return this.#binary("or", other, 64);
  }
  xor(other: Scalar | number): Scalar {
    return this.#binary("xor", other, 64);
  }
  mul(other: Scalar | number): Scalar {
    return this.#binary("mul", other, 64);
  }
  /** Unsigned. Division by 0 gives 0; the verifier rejects a constant 0. */
  div(other: Scalar | number): Scalar {
    return this.#binary("div", other, this.bits);
  }
  /** Unsigned. Modulo 0 gives the value itself; the verifier rejects a constant 0. */
  mod(other: Scalar | number): Scalar {
    return this.#binary("mod", other, this.bits);
  }
  shiftLeft(bits: Scalar | number): Scalar {
    return this.#binary("lsh", bits, 64);
  }
  shiftRight(bits: Scalar | number): Scalar {
    return this.#binary("rsh", bits, this.bits);
  }

  /** From network byte order to the host's. */
  fromBigEndian(bits: 16 | 32): Scalar {
    return new Scalar({ kind: "bigEndian", bits, value: this.expression }, bits);
  }

  eq(other: Scalar | number | bigint): Condition {
    return this.#compare("eq", other);
  }
  ne(other: Scalar | number | bigint): Condition {
    return this.#compare("ne", other);
  }
  lt(other: Scalar | number | bigint): Condition {
    return this.#compare("lt", other);
  }
  le(other: Scalar | number | bigint): Condition {
    return this.#compare("le", other);
  }
  gt(other: Scalar | number | bigint): Condition {
    return this.#compare("gt", other);
  }
  ge(other: Scalar | number | bigint): Condition {
    return this.#compare("ge", other);
  }
  /** Less than 0 as a signed value: how helpers report failure. */
  isNegative(): Condition {
    return this.#compare("slt", 0);
  }
  isZero(): Condition {
    return this.eq(0);
  }
  notZero(): Condition {
    return this.ne(0);
  }

  #binary(op: AluOp, other: Scalar | number | bigint, bits: number): Scalar {
    return new Scalar({ kind: "binary", op, left: this.expression, right: expressionOf(other) }, bits);
  }

  #compare(op: JumpOp, other: Scalar | number | bigint): Condition {
    return { kind: "compare", op, left: this.expression, right: expressionOf(other) };
  }
}

export function expressionOf(value: Scalar | number | bigint): Expression {
  return value instanceof Scalar ? value.expression : { kind: "constant", value: BigInt(value) };
}

/** True if the value depends on the register. */
export function uses(expression: Expression, register: Register): boolean {
  switch (expression.kind) {
    case "register":
      return expression.register === register;
    case "load":
    case "probe":
      return uses(expression.base, register);
    case "binary":
      return uses(expression.left, register) || uses(expression.right, register);
    case "bigEndian":
      return uses(expression.value, register);
    default:
      return false;
  }
}
