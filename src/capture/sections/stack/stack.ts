/**
 * The kernel stack: what a record costs most. Under a storm only so many a second are walked for each site on
 * each CPU, and the other records say that theirs was left out.
 */
import { any, type Builder, not, type Scalar } from "../../../bpf/index.ts";
import { struct, u8, u16 } from "../../../bytes/struct.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import type { Part, Section } from "../../core/section.ts";

/** Frames at most: the kernel's own limit, PERF_MAX_STACK_DEPTH, include/uapi/linux/perf_event.h. */
export const MAX_FRAMES = 127;
/** Frames that show who called, where no stack is wanted: those of tracing on top, and some ten below. */
const CALLER_FRAMES = 16;
const FRAME_BYTES = 8;

export interface StackPolicy {
  /** How many a second for each site on each CPU, all, or none. */
  readonly stacks: "all" | "none" | number;
  /**
   * Reason codes whose class depends on who called: for these a few frames are sent even without `stacks`.
   */
  readonly callersFor: readonly number[];
}

export interface StackEvent {
  readonly b: Builder;
  readonly context: Scalar;
  /** Frames on top that belong to the probe. */
  readonly skipFrames: number;
  readonly reason: Scalar | undefined;
  /** Takes one from what its site may have in this second; goes on with `omit` where nothing is left. */
  readonly takeStack: (perSecond: number, omit: ReturnType<Builder["label"]>) => void;
}

export const stackLayout = struct("stack", 4, {
  /** Bytes of frames in the tail, innermost first, 8 each. */
  bytes: u16(0),
  /** Not 0: left out, since its site had its share; frames that are there all the same are for the class. */
  omitted: u8(2),
});
type Fields = (typeof stackLayout)["fields"];

/** What readers know it by. */
export const STACK: Pick<Section<never, Fields>, "name" | "layout"> = { name: "stack", layout: stackLayout };

/** Undefined where no record has frames; `hasReasons`: the kernel gives a reason. */
export function stackSection(
  policy: StackPolicy,
  hasReasons: boolean,
): Section<StackEvent, Fields> | undefined {
  const { stacks, callersFor } = policy;
  const most = stacks === "none" ? CALLER_FRAMES : MAX_FRAMES;
  if (stacks === "none" && hasReasons && callersFor.length === 0) return undefined;
  return {
    ...STACK,
    tail: { mostBytes: FRAME_BYTES * most, lengthField: "bytes" },
    write: (event, part) => writeStack(event, part, policy),
  };
}

function writeStack(event: StackEvent, part: Part<Fields>, { stacks, callersFor }: StackPolicy): void {
  const { b } = event;
  part.memory.set("bytes", 0);
  part.memory.set("omitted", 0);
  const whole = (): void => walk(event, part, MAX_FRAMES);
  const callers = (): void => forSome(event, callersFor, () => walk(event, part, CALLER_FRAMES));
  if (stacks === "all") return whole();
  if (stacks === "none") return callers();
  const [omit, done] = [b.label("omit_stack"), b.label("stack_done")];
  event.takeStack(stacks, omit);
  whole();
  b.jump(done);
  b.bind(omit);
  part.memory.set("omitted", 1);
  callers();
  b.bind(done);
}

/** Where the class depends on who called; where no reason is given, the callers say what can be said. */
function forSome({ b, reason }: StackEvent, codes: readonly number[], write: () => void): void {
  if (reason === undefined) return write();
  const [first, ...others] = codes.map((code) => reason.eq(code));
  if (first !== undefined) b.if(any(first, ...others), write);
}

/** The helper's flags are the number of frames to skip (BPF_F_SKIP_FIELD_MASK). */
function walk({ b, context, skipFrames }: StackEvent, part: Part<Fields>, frames: number): void {
  const size = FRAME_BYTES * frames;
  const walked = b.keep(
    b.call(uapi.BPF_FUNC_get_stack, [context, part.tail, size, skipFrames], "get_stack"),
    "stack bytes",
  );
  b.if(not(walked.isNegative()), () => {
    part.memory.set("bytes", walked);
    part.endTail(walked);
  });
}
