/** Where an answer goes: filters are jumps, and no value is made of what a part of them says. */
import { type Builder, type Condition, type Label, not, Scalar } from "../../bpf/index.ts";

export interface Targets {
  readonly yes: Label;
  readonly no: Label;
  /** What was asked for is not there: the drop is rejected, whatever stands around the question. */
  readonly reject: Label;
  /** Which of `yes` and `no` the caller places right after. */
  readonly next: "yes" | "no";
}

/** Goes to `yes` where the condition holds, else to `no`. */
export function decide(b: Builder, condition: Condition, { yes, no, next }: Targets): void {
  if (next === "yes") b.jumpIf(not(condition), no);
  else b.jumpIf(condition, yes);
}

/** A jump that is always taken, or never, and looks as if it were not so: the verifier refuses what it finds no way to. */
export function always(b: Builder, to: Label): void {
  b.jumpIf(Scalar.constant(0).isZero(), to);
}
export function never(b: Builder, to: Label): void {
  b.jumpIf(Scalar.constant(1).isZero(), to);
}
