/** The probes around tcp_conn_request(), alive: one record for each refused SYN, and counts of all. */

import { haveTracing } from "../../../bpf/features.ts";
import {
  attach,
  attachKprobe,
  BpfMap,
  indexKey,
  KernelTypes,
  type MapSpec,
  Program,
  RingBuffer,
  readKprobePmu,
} from "../../../bpf/index.ts";
import type { Btf } from "../../../btf/index.ts";
import { BuildError, TcpdropError, UnsupportedError } from "../../../errors.ts";
import { Scope } from "../../../sys/scope.ts";
import type { Syscalls, Watch } from "../../../sys/syscalls.ts";
import type { ProbeRequest } from "../drop/request.ts";
import {
  type FunctionProbe,
  type RefusedMaps,
  refusedMaps,
  refusedPrograms,
  TRACED,
} from "./refused-programs.ts";
import { refusedCpu } from "./refused-record.ts";

/** Some 3,000 records. */
const RING_BYTES = 256 * 1024;
const PROBES: readonly FunctionProbe[] = ["fentry", "kprobe"];

export interface RefusedOptions {
  readonly request: Pick<ProbeRequest, "family" | "netns">;
  readonly possibleCpus: number;
}

/** Sums over all CPUs. */
export interface RefusedCounts {
  readonly acceptQueueFull: number;
  readonly synQueueFull: number;
  readonly listenDrop: number;
  readonly lost: number;
}

export class RefusedTracer implements Disposable {
  /** How it is attached. */
  readonly probe: FunctionProbe;
  readonly ring: RingBuffer;
  readonly #scope: Scope;
  readonly #links = new Scope();
  readonly #watch: Watch;
  readonly #perCpu: BpfMap;

  private constructor(
    sys: Syscalls,
    scope: Scope,
    probe: FunctionProbe,
    programs: readonly Program[],
    maps: RefusedMaps,
    created: ReadonlyMap<MapSpec, BpfMap>,
  ) {
    const [ringMap, perCpu] = [created.get(maps.ring), created.get(maps.perCpu)];
    if (ringMap === undefined || perCpu === undefined) throw new Error("The maps were not created");
    this.probe = probe;
    this.#scope = scope;
    this.#perCpu = perCpu;
    this.ring = scope.own(new RingBuffer(sys, ringMap, sys.pageSize()));
    this.#watch = sys.watchReadable(ringMap.fd);
    scope.defer(() => this.#watch.close());
    scope.own(this.#links);
    for (const program of programs)
      this.#links.own(probe === "fentry" ? attach(sys, program) : attachKprobe(sys, program));
  }

  /**
   * Loads and attaches by the first kind of probe that this kernel allows. An UnsupportedError, with what
   * each said, where none is.
   */
  static open(sys: Syscalls, btf: Btf, options: RefusedOptions, probes = PROBES): RefusedTracer {
    const kernel = new KernelTypes(btf);
    const refusals: string[] = [];
    for (const probe of probes) {
      const scope = new Scope();
      try {
        demandProbe(sys, btf, probe);
        const maps = refusedMaps(RING_BYTES);
        const created = BpfMap.createAll(sys, scope, Object.values(maps), options.possibleCpus);
        const specs = refusedPrograms(kernel, maps, options.request, probe);
        const programs = specs.map((spec) => scope.own(Program.load(sys, spec, btf, created)));
        return new RefusedTracer(sys, scope, probe, programs, maps, created);
      } catch (failure) {
        scope[Symbol.dispose]();
        // A program that cannot be built is a mistake of ours, on any kernel.
        if (!(failure instanceof TcpdropError) || failure instanceof BuildError) throw failure;
        refusals.push(`${probe}: ${failure.message}`);
      }
    }
    throw new UnsupportedError(
      `tcp_conn_request() cannot be probed: ${refusals.join("; ")}`,
      "fentry/tcp_conn_request",
    );
  }

  /** Calls `onReady` while records wait, until `sleep`. */
  wakeOn(onReady: () => void): void {
    this.#watch.start(onReady);
  }

  sleep(): void {
    this.#watch.stop();
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

  /** No more records after this. */
  detach(): void {
    this.#links[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/**
 * An UnsupportedError where this kernel does not allow such probes: told by as little as it takes, for every
 * trace begins with this.
 */
function demandProbe(sys: Syscalls, btf: Btf, probe: FunctionProbe): void {
  if (probe === "kprobe") {
    readKprobePmu();
    return;
  }
  const answer = haveTracing(sys, btf, probe, TRACED);
  if (answer.kind !== "present") throw new UnsupportedError(answer.why, `${probe}/${TRACED}`);
}
