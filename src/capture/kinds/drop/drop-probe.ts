/** The drop programs, alive: counters read, sites hidden, until they are detached. */
import { type BpfMap, indexKey, Program } from "../../../bpf/index.ts";
import type { LoadContext, Loaded } from "../../core/loader.ts";
import { guard } from "../../core/recursion-guard.ts";
import { blindSpots } from "./blind-spots.ts";
import {
  COUNTED_REASONS,
  counters,
  cpuMemory,
  HARMLESS,
  harmlessKey,
  MAX_HARMLESS_SITES,
} from "./cpu-memory.ts";
import type { DropPlan } from "./drop-plan.ts";
import { writeAnswers } from "./owner-answers.ts";
import { type KernelOwnerTotal, readOwnerTotals } from "./owner-totals.ts";
import { type KernelSiteTotal, readSiteTotals } from "./site-totals.ts";

const SETTLE_MS = 2;
const SETTLE_TRIES = 50;

/** Sums over all CPUs, in skbs. */
export interface KernelCounters {
  readonly seen: number;
  readonly sent: number;
  readonly hiddenNormal: number;
  readonly hiddenCopy: number;
  readonly filtered: number;
  readonly lost: number;
  readonly notLinear: number;
  readonly notHeader: number;
  readonly limited: number;
  readonly hiddenNormalByReason: ReadonlyMap<ReasonSlot, number>;
  readonly hiddenCopyByReason: ReadonlyMap<ReasonSlot, number>;
}

/** A reason's code; "other" for all codes from that of the last counter on, which share it. */
export type ReasonSlot = number | "other";

export class DropProbe {
  /** The one on the tracepoint. */
  readonly program: Program;
  readonly plan: DropPlan;
  /** What this kernel does not let anybody see, a sentence each. */
  readonly blindSpots: readonly string[];
  readonly #programs: readonly Program[];
  readonly #perCpu: BpfMap;
  readonly #harmless: BpfMap;
  readonly #sites: BpfMap;
  readonly #owners: BpfMap | undefined;
  readonly #answers: BpfMap | undefined;
  readonly #hiddenSites = new Set<string>();

  constructor({ kernel }: LoadContext, { plan, programs, mapOf }: Loaded<DropPlan>) {
    const { design, hasTcpDrop, request } = plan;
    const program = programs.at(-1);
    if (!(program instanceof Program)) throw new Error("The program on kfree_skb is not optional");
    this.program = program;
    this.plan = plan;
    this.blindSpots = blindSpots(kernel, {
      tcpDrop: hasTcpDrop ? tracedOrWhy(programs.at(-2)) : undefined,
      byNetns: request.netns !== undefined,
    });
    this.#programs = programs.slice(hasTcpDrop ? -2 : -1).filter((one) => one instanceof Program);
    this.#perCpu = mapOf(design.maps.perCpu);
    this.#harmless = mapOf(design.maps.harmless);
    this.#sites = mapOf(design.maps.sites);
    const { owners, answers } = design.maps;
    this.#owners = owners === undefined ? undefined : mapOf(owners);
    this.#answers = answers === undefined ? undefined : mapOf(answers);
  }

  counters(): KernelCounters {
    const sumAt = this.#sums();
    const sum = (field: { offset: number }): number => sumAt(cpuMemory.fields.counters.offset + field.offset);
    const byReason = ({ offset }: { offset: number }): ReadonlyMap<ReasonSlot, number> => {
      const counts = Array.from({ length: COUNTED_REASONS }, (_unused, code) => sumAt(offset + 8 * code));
      return new Map(
        counts.flatMap((count, code): (readonly [ReasonSlot, number])[] =>
          count === 0 ? [] : [[code === COUNTED_REASONS - 1 ? "other" : code, count]],
        ),
      );
    };
    const F = counters.fields;
    return {
      seen: sum(F.seen),
      sent: sum(F.sent),
      hiddenNormal: sum(F.hiddenNormal),
      hiddenCopy: sum(F.hiddenCopy),
      filtered: sum(F.filtered),
      lost: sum(F.lost),
      notLinear: sum(F.notLinear),
      notHeader: sum(F.notHeader),
      limited: sum(F.limited),
      hiddenNormalByReason: byReason(cpuMemory.fields.hiddenNormalByReason),
      hiddenCopyByReason: byReason(cpuMemory.fields.hiddenCopyByReason),
    };
  }

  /**
   * From now on the kernel counts drops of this reason at this location as harmless, and sends no more of
   * them.
   */
  hideSite(reasonCode: number, locationAddress: bigint, dropClass: "normal" | "copy"): void {
    const key = `${reasonCode} ${locationAddress}`;
    if (this.#hiddenSites.has(key) || this.#hiddenSites.size >= MAX_HARMLESS_SITES) return;
    this.#hiddenSites.add(key);
    this.#harmless.update(
      harmlessKey.encode({ location: locationAddress, reason: BigInt(reasonCode) }),
      Uint8Array.from(new Uint8Array(Uint32Array.of(HARMLESS[dropClass]).buffer)),
    );
  }

  /** The totals of all sites, in no order. A site that is first met meanwhile may be missing. */
  totals(): readonly KernelSiteTotal[] {
    return readSiteTotals(this.#perCpu, this.#sites, this.plan.hook.reason !== undefined);
  }

  /** Undefined where nobody asked for them, or this kernel does not let them be counted. */
  ownerTotals(): readonly KernelOwnerTotal[] | undefined {
    return this.#owners === undefined
      ? undefined
      : readOwnerTotals(this.#owners, this.plan.hook.reason !== undefined);
  }

  /** The kernel knows these answers to the filter's questions for an owner until then: bits of ANSWER. */
  learnAnswers(key: bigint, answers: bigint, untilNs: bigint): void {
    if (this.#answers !== undefined) writeAnswers(this.#answers, key, { answers, untilNs });
  }

  /**
   * Runs that were skipped, by the kernel or by the program itself: an upper bound of TCP drops that were
   * missed.
   */
  missed(): number {
    const skipped = this.#programs.map((program) => Number(program.info().recursionMisses));
    return (
      skipped.reduce((sum, one) => sum + one, 0) +
      this.#sums()(cpuMemory.fields.guard.offset + guard.fields.missed.offset)
    );
  }

  /** Reads all CPUs' memory once; the sum of what they hold at an offset. */
  #sums(): (offset: number) => number {
    const cpus = this.#perCpu.lookup(indexKey(0)) ?? [];
    return (offset) => cpus.reduce((total, cpu) => total + cpu.u64AsNumber(offset), 0);
  }

  /** The counters once they stand still: programs that were running when they were detached still finish. */
  async settled(): Promise<KernelCounters> {
    let counters = this.counters();
    for (let attempt = 0; attempt < SETTLE_TRIES; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const next = this.counters();
      if (next.seen === counters.seen && next.sent === counters.sent) return next;
      counters = next;
    }
    return counters;
  }
}

function tracedOrWhy(program: Program | string | undefined): string {
  return typeof program === "object"
    ? "traced"
    : `tcp_drop() cannot be probed (${program ?? "no reason given"})`;
}
