/** The probes on refused SYNs, alive: counts of all, whatever became of their records. */
import { type BpfMap, indexKey } from "../../../bpf/index.ts";
import type { Loaded } from "../../core/loader.ts";
import type { RefusedPlan } from "./refused-plan.ts";
import { refusedCpu } from "./refused-program.ts";
import type { FunctionProbe } from "./syn-note.ts";

/** Sums over all CPUs. */
export interface RefusedCounts {
  readonly acceptQueueFull: number;
  readonly synQueueFull: number;
  readonly listenDrop: number;
  /** Of them, those that the ring had no room for. */
  readonly lost: number;
}

export class RefusedProbe {
  readonly plan: RefusedPlan;
  readonly #perCpu: BpfMap;

  constructor({ plan, mapOf }: Loaded<RefusedPlan>) {
    this.plan = plan;
    this.#perCpu = mapOf(plan.design.perCpu);
  }

  /** How functions are probed. */
  get probe(): FunctionProbe {
    return this.plan.probe;
  }

  counts(): RefusedCounts {
    const cpus = this.#perCpu.lookup(indexKey(0)) ?? [];
    const sum = ({ offset }: { readonly offset: number }): number =>
      cpus.reduce((total, cpu) => total + cpu.u64AsNumber(offset), 0);
    const { acceptQueueFull, synQueueFull, listenDrop, lost } = refusedCpu.fields;
    return {
      acceptQueueFull: sum(acceptQueueFull),
      synQueueFull: sum(synQueueFull),
      listenDrop: sum(listenDrop),
      lost: sum(lost),
    };
  }
}
