/**
 * What captures events, alive: one ring for the records of all kinds, and for each kind its programs, loaded
 * and attached.
 */
import { BpfMap, KernelTypes, type Program, RingBuffer } from "../bpf/index.ts";
import type { Btf } from "../btf/index.ts";
import { UnsupportedError } from "../errors.ts";
import type { Kind } from "../model/index.ts";
import { Scope } from "../sys/scope.ts";
import type { Syscalls, Watch } from "../sys/syscalls.ts";
import type { HeaderAccess } from "./core/header-reader.ts";
import { type LoadContext, loadPlan } from "./core/loader.ts";
import type { RecordLayout } from "./core/record-layout.ts";
import { ringMap } from "./core/ring-map.ts";
import { FURTHER_KINDS, type FurtherKind, type FurtherProbes, type KindsRequest } from "./further-kinds.ts";
import { dropKind } from "./kinds/drop/drop-plan.ts";
import { DropProbe, type KernelCounters } from "./kinds/drop/drop-probe.ts";
import type { KernelOwnerTotal } from "./kinds/drop/owner-totals.ts";
import type { KernelSiteTotal } from "./kinds/drop/site-totals.ts";

export interface TracerOptions extends KindsRequest {
  /** A power of two, at least one page. */
  readonly ringBytes: number;
  readonly possibleCpus: number;
}

/** By kind, where the sections of its records stand: for who reads the ring. None where none come. */
export interface RecordLayouts extends Readonly<Partial<Record<Kind, RecordLayout<never>>>> {
  readonly drop: RecordLayout<never>;
}

export type { KernelCounters, ReasonSlot } from "./kinds/drop/drop-probe.ts";
export { FUNCTION_PROBES } from "./kinds/refused/refused-plan.ts";

export class Tracer implements Disposable {
  /** Records of all kinds. */
  readonly ring: RingBuffer;
  readonly layouts: RecordLayouts;
  /** Kinds beside drops; without those that were not asked for, or that the kernel does not allow. */
  readonly further: Partial<FurtherProbes>;
  /** Why the kernel does not allow one. */
  readonly problems: Readonly<Partial<Record<FurtherKind, string>>>;
  readonly #drop: DropProbe;
  readonly #scope: Scope;
  readonly #watch: Watch;
  readonly #detach: readonly (() => void)[];

  private constructor(context: LoadContext, scope: Scope, options: TracerOptions) {
    const { sys, kernel } = context;
    const spec = ringMap(options.ringBytes);
    const map = scope.own(BpfMap.create(sys, spec, context.possibleCpus));
    this.#scope = scope;
    this.ring = scope.own(new RingBuffer(sys, map, sys.pageSize()));
    this.#watch = sys.watchReadable(map.fd);
    scope.defer(() => this.#watch.close());
    const drop = scope.own(loadPlan(context, dropKind.plan(kernel, options.request, spec), [spec, map]));
    this.#drop = new DropProbe(context, drop);
    const layouts: Partial<Record<Kind, RecordLayout<never>>> = {};
    const further: Record<string, FurtherProbes[FurtherKind]> = {};
    const problems: Partial<Record<FurtherKind, string>> = {};
    const detach = [drop.detach];
    for (const kind of Object.keys(FURTHER_KINDS) as FurtherKind[]) {
      const opened = orUnsupported(() => FURTHER_KINDS[kind](context, options, [spec, map]));
      if (typeof opened === "string") problems[kind] = opened;
      if (typeof opened !== "object") continue;
      const { loaded, probe } = opened;
      scope.own(loaded);
      detach.push(loaded.detach);
      layouts[kind] = loaded.plan.layout;
      further[kind] = probe;
    }
    this.further = further;
    this.problems = problems;
    this.layouts = { ...layouts, drop: drop.plan.layout };
    this.#detach = detach;
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
  get givesSocket(): boolean {
    return this.#drop.plan.hook.sk !== undefined;
  }

  /** Why records do not say whose the sockets are, though that was asked for. */
  get ownerProblem(): string | undefined {
    return this.#drop.plan.ownerProblem;
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

  learnAnswers(key: bigint, answers: bigint, untilNs: bigint): void {
    this.#drop.learnAnswers(key, answers, untilNs);
  }

  totals(): readonly KernelSiteTotal[] {
    return this.#drop.totals();
  }

  /** By cgroup; undefined where nobody asked for them, or this kernel does not let them be counted. */
  ownerTotals(): readonly KernelOwnerTotal[] | undefined {
    return this.#drop.ownerTotals();
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
