/** Where an answer goes: filters are jumps, and no value is made of what a part of them says. */
import { type Builder, type Condition, type Label, not, Scalar } from "../../../bpf/index.ts";
import type { End } from "../../../filter-language/index.ts";

export interface Targets {
  readonly yes: Label;
  readonly no: Label;
  /** What was asked for is not there: the drop is rejected, whatever stands around the question. */
  readonly reject: Label;
  /** Which of `yes` and `no` the caller binds right after. */
  readonly next: "yes" | "no";
  /** Where a question goes that has an answer which nobody knows: to `yes`, unless it is the other way round. */
  readonly favours?: "yes" | "no";
}

/** Goes to `yes` where the condition holds, else to `no`. */
export function decide(b: Builder, condition: Condition, { yes, no, next }: Targets): void {
  if (next === "yes") b.jumpIf(not(condition), no);
  else b.jumpIf(condition, yes);
}

/**
 * A jump whose outcome is known to us and not to the verifier, which refuses code that it finds unreachable.
 */
export function opaqueJump(b: Builder, outcome: "taken" | "not taken", to: Label): void {
  b.jumpIf(Scalar.constant(outcome === "taken" ? 0 : 1).isZero(), to);
}

/** Asks one end or both, as the filter says: `ask` is called for each, with where its answer goes. */
export function atEnds(
  b: Builder,
  end: End,
  targets: Targets,
  ask: (of: "src" | "dst", to: Targets) => void,
): void {
  if (end === "src" || end === "dst") {
    ask(end, targets);
    return;
  }
  const other = b.label("other_end");
  ask(
    "src",
    end === "either" ? { ...targets, no: other, next: "no" } : { ...targets, yes: other, next: "yes" },
  );
  b.bind(other);
  ask("dst", targets);
}
