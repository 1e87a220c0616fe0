/**
 * The kinds beside drops: a row here for each. A trace goes on without one that the kernel does not allow,
 * and without those that nobody asked for.
 */
import type { BpfMap, MapSpec } from "../bpf/index.ts";
import type { Kind } from "../model/index.ts";
import type { Plan } from "./core/kind.ts";
import { type LoadContext, type Loaded, loadPlan } from "./core/loader.ts";
import type { ProbeRequest } from "./kinds/drop/request.ts";
import { refusedKind } from "./kinds/refused/refused-plan.ts";
import { RefusedProbe } from "./kinds/refused/refused-probe.ts";
import type { FunctionProbe } from "./kinds/refused/syn-note.ts";

/** What is asked of all kinds. */
export interface KindsRequest {
  readonly request: ProbeRequest;
  /**
   * Each SYN that a listening socket refuses, too, where this kernel lets functions be probed: by the first
   * of these that it allows. None without it.
   */
  readonly refusedProbes?: readonly FunctionProbe[] | undefined;
}

/** What stands for each kind once it is loaded. */
export interface FurtherProbes {
  readonly refused: RefusedProbe;
}
export type FurtherKind = keyof FurtherProbes & Kind;

export interface OpenedKind<T> {
  readonly loaded: Loaded<Plan>;
  readonly probe: T;
}

/** Undefined where nobody asked for it; an UnsupportedError where the kernel does not allow it. */
type OpenKind<T> = (
  context: LoadContext,
  wanted: KindsRequest,
  ring: [MapSpec, BpfMap],
) => OpenedKind<T> | undefined;

export const FURTHER_KINDS: { readonly [K in FurtherKind]: OpenKind<FurtherProbes[K]> } = {
  refused: (context, { request, refusedProbes: probes }, ring) => {
    if (probes === undefined) return undefined;
    const plan = refusedKind.plan(context.kernel, { ...request, probes }, ring[0]);
    const loaded = loadPlan(context, plan, ring);
    return { loaded, probe: new RefusedProbe(loaded) };
  },
};
