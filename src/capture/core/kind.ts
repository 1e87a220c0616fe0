/** A kind of events: which programs capture it on a kernel, and what to try where the kernel refuses them. */
import type { BpfMap, KernelTypes, MapSpec, ProgramSpec } from "../../bpf/index.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import type { RecordLayout } from "./record-layout.ts";

export interface PlannedProgram {
  /** Called when it is its turn: what is optional need not be possible on every kernel. */
  readonly build: () => ProgramSpec;
  /** True: the others go on without it. */
  readonly optional: boolean;
}

/** Programs and maps that belong together. Pure until it is loaded (loader.ts). */
export interface Plan {
  readonly layout: RecordLayout<never>;
  /** Besides the ring, which all kinds share. */
  readonly maps: readonly MapSpec[];
  /** Throws where the kernel lacks what it takes: asked before anything is made. */
  readonly demand: (sys: Syscalls) => void;
  /** Fills maps, before any program runs. */
  readonly prepare: (mapOf: (spec: MapSpec) => BpfMap) => void;
  /** In the order in which they are attached. */
  readonly programs: () => readonly PlannedProgram[];
  /** The next plan, after this one failed so; undefined where there is none, and then it is the failure. */
  readonly otherwise: (failure: unknown) => this | undefined;
}

export interface CaptureKind<Wanted, P extends Plan> {
  /** One of KIND: what its records begin with. */
  readonly kind: number;
  /** The best plan; it knows the others. */
  readonly plan: (kernel: KernelTypes, wanted: Wanted, ring: MapSpec) => P;
}
