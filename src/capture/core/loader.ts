/** Plans into the kernel: maps made, programs loaded and attached; or nothing at all, and the next plan. */
import { attach, attachKprobe, BpfMap, type KernelTypes, type MapSpec, Program } from "../../bpf/index.ts";
import type { Btf } from "../../btf/index.ts";
import { BuildError, TcpdropError } from "../../errors.ts";
import { Scope } from "../../sys/scope.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import type { Plan, PlannedProgram } from "./kind.ts";

/** What loading takes, whatever is loaded. */
export interface LoadContext {
  readonly sys: Syscalls;
  readonly btf: Btf;
  readonly kernel: KernelTypes;
  readonly possibleCpus: number;
}

export interface Loaded<P extends Plan> extends Disposable {
  /** The one that the kernel took. */
  readonly plan: P;
  readonly mapOf: (spec: MapSpec) => BpfMap;
  /** As planned; why not, where an optional one could not be had. */
  readonly programs: readonly (Program | string)[];
  /** No more records after this. */
  readonly detach: () => void;
}

/** Loads and attaches the first plan that the kernel takes. The failure is that of the last one. */
export function loadPlan<P extends Plan>(context: LoadContext, first: P, ring: [MapSpec, BpfMap]): Loaded<P> {
  for (let plan = first; ; ) {
    try {
      return tryPlan(context, plan, ring);
    } catch (failure) {
      const next = plan.otherwise(failure);
      if (next === undefined) throw failure;
      plan = next;
    }
  }
}

function tryPlan<P extends Plan>(context: LoadContext, plan: P, ring: [MapSpec, BpfMap]): Loaded<P> {
  const scope = new Scope();
  try {
    plan.demand(context.sys);
    const created = BpfMap.createAll(context.sys, scope, plan.maps, context.possibleCpus);
    created.set(...ring);
    const mapOf = (spec: MapSpec): BpfMap => demand(created, spec);
    plan.prepare(mapOf);
    const planned = plan.programs();
    const loaded = planned.map((one) => orWhy(one, () => load(context, one, created, scope)));
    const links = scope.own(new Scope());
    const programs = loaded.map((program, index) =>
      typeof program === "string"
        ? program
        : orWhy(planned[index], () => {
            links.own(attachAny(context.sys, program));
            return program;
          }),
    );
    return {
      plan,
      mapOf,
      programs,
      detach: () => links[Symbol.dispose](),
      [Symbol.dispose]: () => scope[Symbol.dispose](),
    };
  } catch (failure) {
    scope[Symbol.dispose]();
    throw failure;
  }
}

function load(
  { sys, btf }: LoadContext,
  { build }: PlannedProgram,
  created: ReadonlyMap<MapSpec, BpfMap>,
  scope: Scope,
): Program {
  return scope.own(Program.load(sys, build(), btf, created));
}

function attachAny(sys: Syscalls, program: Program): Disposable {
  const { kind } = program.spec.attach;
  return kind === "kprobe" || kind === "kretprobe" ? attachKprobe(sys, program) : attach(sys, program);
}

/** Why an optional program cannot be had. One that cannot be built is a mistake of ours, on any kernel. */
function orWhy(planned: PlannedProgram | undefined, open: () => Program): Program | string {
  try {
    return open();
  } catch (failure) {
    if (planned?.optional !== true || !(failure instanceof TcpdropError) || failure instanceof BuildError)
      throw failure;
    return failure.message;
  }
}

function demand(created: ReadonlyMap<MapSpec, BpfMap>, spec: MapSpec): BpfMap {
  const map = created.get(spec);
  if (map === undefined) throw new Error(`The map ${spec.name} was not created`);
  return map;
}
