/** Compiles an expression to instructions that leave its value in one register. */
import { BuildError } from "../errors.ts";
import type { Assembler, Operand } from "./assembler.ts";
import { type Expression, uses } from "./expression.ts";
import type { Register } from "./instruction.ts";

/**
 * Operands use the scratch registers above `target`, up to R5. `demandResult` throws if the result of a call
 * is no longer in R0.
 */
export function evaluate(
  asm: Assembler,
  expression: Expression,
  target: Register,
  demandResult: (call: number) => void,
  comment?: string,
): void {
  const into = (inner: Expression, register: Register): void => evaluate(asm, inner, register, demandResult);
  switch (expression.kind) {
    case "constant":
      return asm.loadConstant(target, expression.value, comment);
    case "register":
      return expression.register === target
        ? undefined
        : asm.alu("mov", target, { register: expression.register }, comment);
    case "result":
      demandResult(expression.call);
      return asm.alu("mov", target, { register: 0 }, comment);
    case "slot":
      return asm.loadMemory(8, target, 10, expression.offset, comment ?? expression.name);
    case "frame":
      asm.alu("mov", target, { register: 10 });
      return asm.alu("add", target, { constant: expression.offset }, comment);
    case "load": {
      if (expression.base.kind === "register")
        return asm.loadMemory(
          expression.size,
          target,
          expression.base.register,
          expression.offset,
          comment ?? expression.comment,
        );
      into(expression.base, target);
      return asm.loadMemory(
        expression.size,
        target,
        target,
        expression.offset,
        comment ?? expression.comment,
      );
    }
    case "probe":
      throw new BuildError(
        `${expression.comment} can only be read by bpf_probe_read_kernel: keep() it first`,
      );
    case "bigEndian":
      into(expression.value, target);
      return asm.bigEndian(expression.bits, target, comment);
    case "binary": {
      if (
        uses(expression.right, target) &&
        (expression.left.kind !== "register" || expression.left.register !== target)
      )
        throw new BuildError(`R${target} would be overwritten before it is used: pin() its value`);
      into(expression.left, target);
      return asm.alu(expression.op, target, operand(expression.right, target, into), comment);
    }
  }
}

function operand(
  expression: Expression,
  target: Register,
  into: (inner: Expression, register: Register) => void,
): Operand {
  if (expression.kind === "register") return { register: expression.register };
  if (expression.kind === "constant" && expression.value === BigInt.asIntN(32, expression.value))
    return { constant: Number(expression.value) };
  const scratch = target >= 6 ? 1 : target + 1;
  if (scratch > 5)
    throw new BuildError("The expression needs more scratch registers than there are: keep() a part of it");
  into(expression, scratch as Register);
  return { register: scratch as Register };
}
