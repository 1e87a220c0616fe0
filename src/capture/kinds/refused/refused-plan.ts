/** Refused SYNs, by the first kind of probe that the kernel allows. */
import { haveTracing } from "../../../bpf/features.ts";
import { type KernelTypes, type MapSpec, readKprobePmu } from "../../../bpf/index.ts";
import { BuildError, TcpdropError, UnsupportedError } from "../../../errors.ts";
import type { Syscalls } from "../../../sys/syscalls.ts";
import type { CaptureKind, Plan } from "../../core/kind.ts";
import { KIND } from "../../core/record-head.ts";
import { notePrograms } from "../../core/record-writer.ts";
import { type RefusedDesign, type RefusedRequest, refusedCpu, refusedDesign } from "./refused-program.ts";
import { type FunctionProbe, TRACED } from "./syn-note.ts";

export const FUNCTION_PROBES: readonly FunctionProbe[] = ["fentry", "kprobe"];

export interface RefusedPlan extends Plan {
  readonly design: RefusedDesign;
  readonly probe: FunctionProbe;
}

export interface RefusedWanted extends RefusedRequest {
  /** In the order in which they are tried. */
  readonly probes: readonly FunctionProbe[];
}

/** Where no probe is allowed, an UnsupportedError with what the kernel said to each. */
export const refusedKind: CaptureKind<RefusedWanted, RefusedPlan> = {
  kind: KIND.refused,
  plan: (kernel, wanted, ring) => planBy(kernel, ring, wanted, wanted.probes, []),
};

function planBy(
  kernel: KernelTypes,
  ring: MapSpec,
  wanted: RefusedWanted,
  [probe, ...others]: readonly FunctionProbe[],
  refusals: readonly string[],
): RefusedPlan {
  if (probe === undefined)
    throw new UnsupportedError(`${TRACED}() cannot be probed: ${refusals.join("; ")}`, `fentry/${TRACED}`);
  const after = (failure: TcpdropError): RefusedPlan =>
    planBy(kernel, ring, wanted, others, [...refusals, `${probe}: ${failure.message}`]);
  const design = refusedDesign(kernel, wanted, probe, ring);
  const { layout, perCpu } = design;
  return {
    layout,
    design,
    probe,
    maps: [perCpu],
    demand: (sys) => demandProbe(sys, kernel, probe),
    prepare: () => undefined,
    programs: () =>
      [...notePrograms(kernel, layout, perCpu, refusedCpu.size), design.program()].map((spec) => ({
        build: () => spec,
        optional: false,
      })),
    otherwise: (failure) =>
      // A program that cannot be built is a mistake of ours, on any kernel.
      failure instanceof TcpdropError && !(failure instanceof BuildError) ? after(failure) : undefined,
  };
}

/**
 * An UnsupportedError where this kernel does not allow such probes: found by as little as it takes, for every
 * trace begins with this.
 */
function demandProbe(sys: Syscalls, { btf }: KernelTypes, probe: FunctionProbe): void {
  if (probe === "kprobe") {
    readKprobePmu();
    return;
  }
  const answer = haveTracing(sys, btf, probe, TRACED);
  if (answer.kind !== "present") throw new UnsupportedError(answer.why, `${probe}/${TRACED}`);
}
