/**
 * What captures events, alive: one ring for the records of all kinds, and for each kind its programs, loaded
 * and attached.
 */
import { BpfMap, KernelTypes, type Program, RingBuffer } from "../bpf/index.ts";
import type { Btf } from "../btf/index.ts";
import { UnsupportedError } from "../errors.ts";
import { Scope } from "../sys/scope.ts";
import type { Syscalls, Watch } from "../sys/syscalls.ts";
import type { HeaderAccess } from "./core/header-reader.ts";
import { type LoadContext, loadPlan } from "./core/loader.ts";
import type { RecordLayout } from "./core/record-layout.ts";
import { ringMap } from "./core/ring-map.ts";
import { dropKind } from "./kinds/drop/drop-plan.ts";
import { DropProbe, type KernelCounters } from "./kinds/drop/drop-probe.ts";
import type { ProbeRequest } from "./kinds/drop/request.ts";
import type { KernelSiteTotal } from "./kinds/drop/site-totals.ts";
import { refusedKind } from "./kinds/refused/refused-plan.ts";
import { RefusedProbe } from "./kinds/refused/refused-probe.ts";
import type { FunctionProbe } from "./kinds/refused/syn-note.ts";

export interface TracerOptions {
  readonly request: ProbeRequest;
  /** A power of two, at least one page. */
  readonly ringBytes: number;
  readonly possibleCpus: number;
  /**
   * Each SYN that a listening socket refuses, too, where this kernel lets functions be probed: by the first of
   * these that it allows. None without it.
   */
  readonly refusedProbes?: readonly FunctionProbe[] | undefined;
}

/** What of the layouts a reader of the ring needs: by kind, where its sections stand. */
export interface RecordLayouts {
  readonly drop: RecordLayout<never>;
  /** Undefined where no such records come. */
  readonly refused: RecordLayout<never> | undefined;
}

export type { KernelCounters, ReasonSlot } from "./kinds/drop/drop-probe.ts";
export { FUNCTION_PROBES } from "./kinds/refused/refused-plan.ts";

export class Tracer implements Disposable {
  /** Records of all kinds. */
  readonly ring: RingBuffer;
  readonly layouts: RecordLayouts;
  /** Undefined where they were not asked for, or where no function can be probed: `refusedProblem` says why. */
  readonly refused: RefusedProbe | undefined;
  readonly refusedProblem: string | undefined;
  readonly #drop: DropProbe;
  readonly #scope: Scope;
  readonly #watch: Watch;
  readonly #detach: readonly (() => void)[];

  private constructor(
    context: LoadContext,
    scope: Scope,
    { request, ringBytes, refusedProbes }: TracerOptions,
  ) {
    const { sys, kernel } = context;
    const spec = ringMap(ringBytes);
    const map = scope.own(BpfMap.create(sys, spec, context.possibleCpus));
    this.#scope = scope;
    this.ring = scope.own(new RingBuffer(sys, map, sys.pageSize()));
    this.#watch = sys.watchReadable(map.fd);
    scope.defer(() => this.#watch.close());
    const drop = scope.own(loadPlan(context, dropKind.plan(kernel, request, spec), [spec, map]));
    this.#drop = new DropProbe(context, drop);
    const each = orUnsupported(() =>
      refusedProbes === undefined
        ? undefined
        : scope.own(
            loadPlan(context, refusedKind.plan(kernel, { ...request, probes: refusedProbes }, spec), [
              spec,
              map,
            ]),
          ),
    );
    this.refused = typeof each === "object" ? new RefusedProbe(each) : undefined;
    this.refusedProblem = typeof each === "string" ? each : undefined;
    this.layouts = { drop: drop.plan.layout, refused: this.refused?.plan.layout };
    this.#detach = [drop, ...(typeof each === "object" ? [each] : [])].map(({ detach }) => detach);
  }

  /** Loads and attaches; what was opened is closed again where any of it fails. */
  static open(sys: Syscalls, btf: Btf, options: TracerOptions): Tracer {
    const scope = new Scope();
    try {
      const { possibleCpus } = options;
      return new Tracer({ sys, btf, kernel: new KernelTypes(btf), possibleCpus }, scope, options);
    } catch (failure) {
      scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** The one on kfree_skb. */
  get program(): Program {
    return this.#drop.program;
  }

  /** How packet headers are read on this kernel. */
  get headerAccess(): HeaderAccess {
    return this.#drop.plan.access;
  }

  /** The kernel has the receiving socket (rx_sk): without it most drops on the way in have no state. */
  get tellsSocket(): boolean {
    return this.#drop.plan.hook.sk !== undefined;
  }

  /** What this kernel does not let anybody see, a sentence each. */
  get blindSpots(): readonly string[] {
    return this.#drop.blindSpots;
  }

  /** The program evaluates the kernel's part of the filter. */
  get filters(): boolean {
    return this.#drop.plan.request.filter !== undefined;
  }

  /** Calls `onReady` while records wait, until `sleep`. */
  wakeOn(onReady: () => void): void {
    this.#watch.start(onReady);
  }

  sleep(): void {
    this.#watch.stop();
  }

  counters(): KernelCounters {
    return this.#drop.counters();
  }

  hideSite(reasonCode: number, locationAddress: bigint, dropClass: "normal" | "copy"): void {
    this.#drop.hideSite(reasonCode, locationAddress, dropClass);
  }

  totals(): readonly KernelSiteTotal[] {
    return this.#drop.totals();
  }

  missed(): number {
    return this.#drop.missed();
  }

  settled(): Promise<KernelCounters> {
    return this.#drop.settled();
  }

  /** No more records after this; those in the ring can still be drained. */
  detach(): void {
    for (const detach of this.#detach) detach();
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/** Why not, where the kernel does not allow it. */
function orUnsupported<T>(open: () => T): T | string {
  try {
    return open();
  } catch (failure) {
    if (failure instanceof UnsupportedError) return failure.message;
    throw failure;
  }
}
