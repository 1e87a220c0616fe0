/** Compiles conditions to jumps: `all` stops at the first part that fails, `any` at the first that holds. */
import type { Assembler, JumpOp } from "./assembler.ts";
import type { Condition } from "./expression.ts";
import { Label } from "./instruction.ts";

export type Comparison = Extract<Condition, { kind: "compare" }>;

export interface Ways {
  readonly yes: Label;
  readonly no: Label;
  /** Which of the two is bound right after: no jump there is needed. */
  readonly next: "yes" | "no";
  /** Emits a jump to `target`, taken if the comparison holds. */
  readonly compare: (comparison: Comparison, target: Label) => void;
}

/** What holds where a comparison does not; of `set` there is none. */
const OPPOSITE: Readonly<Record<JumpOp, JumpOp | undefined>> = {
  eq: "ne",
  ne: "eq",
  gt: "le",
  le: "gt",
  ge: "lt",
  lt: "ge",
  sgt: "sle",
  sle: "sgt",
  sge: "slt",
  slt: "sge",
  set: undefined,
};

/** Emits jumps to `yes` if the condition holds, else to `no`. */
export function branch(asm: Assembler, condition: Condition, ways: Ways): void {
  const { yes, no, next, compare } = ways;
  switch (condition.kind) {
    case "not":
      branch(asm, condition.of, { yes: no, no: yes, next: next === "yes" ? "no" : "yes", compare });
      return;
    case "compare": {
      const opposite = next === "yes" ? OPPOSITE[condition.op] : undefined;
      if (opposite !== undefined) compare({ ...condition, op: opposite }, no);
      else {
        compare(condition, yes);
        if (next === "yes") asm.jump(no);
      }
      return;
    }
    case "all":
      for (const part of condition.of)
        boundAfter(asm, (on) => branch(asm, part, { yes: on, no, next: "yes", compare }));
      if (next === "no") asm.jump(yes);
      return;
    case "any":
      for (const part of condition.of)
        boundAfter(asm, (on) => branch(asm, part, { yes, no: on, next: "no", compare }));
      if (next === "yes") asm.jump(no);
  }
}

function boundAfter(asm: Assembler, emit: (on: Label) => void): void {
  const on = new Label("on");
  emit(on);
  asm.bind(on);
}
