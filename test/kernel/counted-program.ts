/**
 * The drop program, attached, with its helper calls counted; its records stay in the ring, and their bytes
 * are counted.
 */
import { attach, BpfMap, KernelTypes, Program, RingBuffer } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { ringMap } from "../../src/capture/core/ring-map.ts";
import { siteKey, siteTotal } from "../../src/capture/kinds/drop/cpu-memory.ts";
import { dropDesign } from "../../src/capture/kinds/drop/drop-program.ts";
import type { ProbeRequest } from "../../src/capture/kinds/drop/request.ts";
import { VerifierError } from "../../src/errors.ts";
import { possibleCpus } from "../../src/host/cpus.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { Scope } from "../../src/sys/scope.ts";
import * as uapi from "../../src/sys/uapi.gen.ts";
import { countingCalls, HelperCalls } from "./helper-calls.ts";

const RING_BYTES = 1 << 20;
export const kernelBtf = openKernelBtf();
const kernel = new KernelTypes(kernelBtf);

const NAMES = new Map([
  [uapi.BPF_FUNC_map_lookup_elem, "map_lookup_elem"],
  [uapi.BPF_FUNC_map_update_elem, "map_update_elem"],
  [uapi.BPF_FUNC_ktime_get_boot_ns, "ktime_get_boot_ns"],
  [uapi.BPF_FUNC_get_smp_processor_id, "get_smp_processor_id"],
  [uapi.BPF_FUNC_get_current_pid_tgid, "get_current_pid_tgid"],
  [uapi.BPF_FUNC_get_current_comm, "get_current_comm"],
  [uapi.BPF_FUNC_get_current_task_btf, "get_current_task_btf"],
  [uapi.BPF_FUNC_get_stack, "get_stack"],
  [uapi.BPF_FUNC_probe_read_kernel, "probe_read_kernel"],
  [uapi.BPF_FUNC_ringbuf_output, "ringbuf_output"],
]);

export interface Work {
  /** Calls per drop, by the helper's name: the average, rounded. */
  readonly calls: Readonly<Record<string, number>>;
  /** Bytes of the ring per drop, with the header of the record. */
  readonly bytes: number;
}

export class CountedProgram implements Disposable {
  readonly #scope: Scope;
  readonly #calls: HelperCalls;
  readonly #ring: RingBuffer;

  private constructor(scope: Scope, calls: HelperCalls, ring: RingBuffer) {
    this.#scope = scope;
    this.#calls = calls;
    this.#ring = ring;
  }

  /**
   * A VerifierError if this kernel does not let the program read headers directly (see `programSize`).
   */
  static open(request: ProbeRequest): CountedProgram {
    const scope = new Scope();
    try {
      const { maps, program: specOf } = dropDesign(kernel, request, ringMap(RING_BYTES));
      const created = BpfMap.createAll(sys, scope, Object.values(maps), possibleCpus());
      const calls = scope.own(new HelperCalls());
      const program = scope.own(
        Program.load(sys, countingCalls(specOf("direct")), kernelBtf, new Map([...created, calls.entry])),
      );
      const [ring, sites] = [created.get(maps.ring), created.get(maps.sites)];
      if (ring === undefined || sites === undefined) throw new Error("a map is missing");
      // The entry for sites that do not fit into the map, as the tracer makes it.
      sites.update(siteKey.encode({}), siteTotal.encode({}));
      const mapped = scope.own(new RingBuffer(sys, ring, sys.pageSize()));
      scope.own(attach(sys, program));
      return new CountedProgram(scope, calls, mapped);
    } catch (failure) {
      scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** The cost per drop of this many drops, from now on. */
  async during(drops: number, make: () => Promise<void>): Promise<Work> {
    const before = this.#calls.counts();
    const bytesBefore = this.#ring.pendingBytes;
    await make();
    const calls = [...this.#calls.counts()].map(([id, count]): [string, number] => [
      NAMES.get(id) ?? `helper ${id}`,
      Math.round((count - (before.get(id) ?? 0)) / drops),
    ]);
    return {
      calls: Object.fromEntries(calls.filter(([, count]) => count > 0)),
      bytes: (this.#ring.pendingBytes - bytesBefore) / drops,
    };
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/**
 * The instructions given to the kernel, and those that its verifier visits. Undefined if the program must not
 * read headers directly.
 */
export function programSize(
  request: ProbeRequest,
): { readonly generated: number; readonly verified: number } | undefined {
  using scope = new Scope();
  const design = dropDesign(kernel, request, ringMap(RING_BYTES));
  const { maps } = design;
  const created = BpfMap.createAll(sys, scope, Object.values(maps), possibleCpus());
  const spec = design.program("direct");
  try {
    using program = Program.load(sys, spec, kernelBtf, created);
    return { generated: spec.instructions.length, verified: program.info().verifiedInstructions };
  } catch (failure) {
    if (failure instanceof VerifierError) return undefined;
    throw failure;
  }
}
