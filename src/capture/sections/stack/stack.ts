/**
 * The kernel stack: what a record costs most. Under a storm only so many a second are walked for each place
 * on each CPU, and the other records say that theirs was left out.
 */
import { any, not, type Scalar } from "../../../bpf/index.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { type DropContext, markPresent } from "../../core/context.ts";
import { CALLER_FRAMES, dropRecord, PRESENT } from "../../core/record.ts";
import { SECOND_NS } from "../../kinds/drop/limits.ts";
import type { ProbeRequest } from "../../kinds/drop/request.ts";
import type { Total } from "../../kinds/drop/totals.ts";

/**
 * Fills the record's stack as the request has it. `total` is the place's on this CPU; the first `skipFrames`
 * are left out.
 */
export function fillStack(
  c: DropContext,
  context: Scalar,
  total: Total,
  { stacks, callersFor }: ProbeRequest,
  skipFrames: number,
): void {
  const { b, record } = c;
  record.set("stackBytes", 0);
  const walk = (sizeBytes: number): void => walkStack(c, context, sizeBytes, skipFrames);
  const whole = (): void => walk(dropRecord.fields.stack.size);
  const callers = (): void => fillCallers(c, () => walk(8 * CALLER_FRAMES), callersFor);
  if (stacks === "all") whole();
  else if (stacks === "none") callers();
  else {
    const omit = b.label("omit_stack");
    const done = b.label("stack_done");
    leaveOverBudget(c, total, stacks, omit);
    whole();
    b.jump(done);
    b.place(omit);
    markPresent(c, PRESENT.stackOmitted);
    callers();
    b.place(done);
  }
}

function leaveOverBudget(
  { b, record }: DropContext,
  total: Total,
  perSecond: number,
  omit: ReturnType<DropContext["b"]["label"]>,
): void {
  b.if(record.get("ktimeNs").sub(total.get("stacksSinceNs")).ge(SECOND_NS), () => {
    total.set("stacksSinceNs", record.get("ktimeNs"));
    total.set("stacks", 0);
  });
  b.jumpIf(total.get("stacks").ge(perSecond), omit);
  total.add("stacks", 1);
}

/**
 * A few frames where the class depends on who called; where nobody tells the reason, the callers tell what
 * can be told.
 */
function fillCallers({ b, reason }: DropContext, walk: () => void, callersFor: readonly number[]): void {
  if (reason === undefined) return walk();
  const [first, ...others] = callersFor.map((code) => reason.eq(code));
  if (first !== undefined) b.if(any(first, ...others), walk);
}

/** The helper's flags are the number of frames to skip (BPF_F_SKIP_FIELD_MASK). */
function walkStack(c: DropContext, context: Scalar, sizeBytes: number, skipFrames: number): void {
  const { b, record } = c;
  const walked = b.keep(
    b.call(uapi.BPF_FUNC_get_stack, [context, record.addressOf("stack"), sizeBytes, skipFrames], "get_stack"),
    "stack bytes",
  );
  b.if(not(walked.isNegative()), () => {
    record.set("stackBytes", walked);
    markPresent(c, PRESENT.stack);
  });
}
