/** The probe, alive: maps made, program loaded and attached, records drained, counters read. */

import { attach, BpfMap, indexKey, type MapSpec, type Program, RingBuffer } from "../bpf/index.ts";
import type { Btf } from "../btf/index.ts";
import { Scope } from "../sys/scope.ts";
import type { Syscalls, Watch } from "../sys/syscalls.ts";
import { allNetworkMaps, fillNetworkMap } from "./core/filter-steps/index.ts";
import { type Loaded, loadFiltering } from "./core/loader.ts";
import type { HeaderAccess } from "./core/packet-walk.ts";
import {
  COPY_KIND,
  COUNTED_REASONS,
  counters,
  guard,
  MAX_PLACES,
  PLACE,
  perCpu,
  placeKey,
  totalKey,
  totalValue,
} from "./core/record.ts";
import { type ProbeMaps, probeMaps } from "./kinds/drop/drop-program.ts";
import type { ProbeRequest } from "./kinds/drop/request.ts";

const SETTLE_MS = 2;
const SETTLE_TRIES = 50;

export interface TracerOptions {
  readonly request: ProbeRequest;
  /** A power of two, at least one page. */
  readonly ringBytes: number;
  readonly possibleCpus: number;
}

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

/** What was dropped at one place, of one kind: exact, whatever became of the records. In skbs. */
export interface PlaceTotal {
  /** Two 32-bit halves; both 0 for what came when the map of places was full. */
  readonly locationLow: number;
  readonly locationHigh: number;
  /** Undefined where the kernel tells none. */
  readonly reasonCode: number | undefined;
  /** Undefined for what came when the map was full. */
  readonly ip: 4 | 6 | undefined;
  readonly copy: boolean;
  readonly count: number;
  /** CLOCK_BOOTTIME of the last one. */
  readonly lastNs: bigint;
}

export class Tracer implements Disposable {
  readonly ring: RingBuffer;
  readonly program: Program;
  /** How packet headers are read on this kernel. */
  readonly headerAccess: HeaderAccess;
  /** The kernel tells the receiving socket (rx_sk): without it most drops on the way in have no state. */
  readonly tellsSocket: boolean;
  /** What this kernel does not let anybody see, a sentence each. */
  readonly blindSpots: readonly string[];
  /** The program asks the kernel's part of the filter. */
  readonly filters: boolean;
  readonly #scope: Scope;
  readonly #watch: Watch;
  readonly #links = new Scope();
  readonly #tcpDrop: Program | undefined;
  readonly #perCpu: BpfMap;
  readonly #places: BpfMap;
  readonly #totals: BpfMap;
  readonly #tellsReason: boolean;
  readonly #hiddenPlaces = new Set<string>();

  private constructor(
    sys: Syscalls,
    scope: Scope,
    loaded: Loaded,
    maps: ProbeMaps,
    created: ReadonlyMap<MapSpec, BpfMap>,
  ) {
    const ringMap = demand(created, maps.ring);
    this.#scope = scope;
    this.#perCpu = demand(created, maps.perCpu);
    this.#places = demand(created, maps.places);
    this.#totals = demand(created, maps.totals);
    this.#tellsReason = loaded.tellsReason;
    // The entry for all that finds the map full.
    this.#totals.update(totalKey.encode({}), totalValue.encode({}));
    this.program = loaded.program;
    this.headerAccess = loaded.headerAccess;
    this.tellsSocket = loaded.tellsSocket;
    this.blindSpots = loaded.blindSpots;
    this.filters = loaded.filters;
    this.ring = scope.own(new RingBuffer(sys, ringMap, sys.pageSize()));
    this.#watch = sys.watchReadable(ringMap.fd);
    scope.defer(() => this.#watch.close());
    this.#tcpDrop = loaded.tcpDrop?.program;
    scope.own(this.#links);
    if (loaded.tcpDrop !== undefined) this.#links.own(loaded.tcpDrop.link);
    this.#links.own(attach(sys, loaded.program));
  }

  /** Loads and attaches; what was opened is closed again where any of it fails. */
  static open(sys: Syscalls, btf: Btf, options: TracerOptions): Tracer {
    const scope = new Scope();
    try {
      const maps = probeMaps(options.ringBytes);
      const created = BpfMap.createAll(sys, scope, Object.values(maps), options.possibleCpus);
      for (const { spec, networks } of allNetworkMaps(options.request.filter?.maps ?? new Map())) {
        const map = scope.own(BpfMap.create(sys, spec, options.possibleCpus));
        fillNetworkMap(map, networks);
        created.set(spec, map);
      }
      const loaded = loadFiltering(sys, btf, maps, created, options.request, scope);
      return new Tracer(sys, scope, loaded, maps, created);
    } catch (failure) {
      scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** Calls `onReady` while records wait, until `sleep`. */
  wakeOn(onReady: () => void): void {
    this.#watch.start(onReady);
  }

  sleep(): void {
    this.#watch.stop();
  }

  counters(): KernelCounters {
    const sumAt = this.#sums();
    const sum = (field: { offset: number }): number => sumAt(perCpu.fields.counters.offset + field.offset);
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
      hiddenNormalByReason: byReason(perCpu.fields.hiddenNormalByReason),
      hiddenCopyByReason: byReason(perCpu.fields.hiddenCopyByReason),
    };
  }

  /**
   * From now on the kernel counts drops of this reason at this location as harmless, and sends no more of
   * them.
   */
  hidePlace(reasonCode: number, locationAddress: bigint, dropClass: "normal" | "copy"): void {
    const key = `${reasonCode} ${locationAddress}`;
    if (this.#hiddenPlaces.has(key) || this.#hiddenPlaces.size >= MAX_PLACES) return;
    this.#hiddenPlaces.add(key);
    this.#places.update(
      placeKey.encode({ location: locationAddress, reason: BigInt(reasonCode) }),
      Uint8Array.from(new Uint8Array(Uint32Array.of(PLACE[dropClass]).buffer)),
    );
  }

  /** The totals of all places, in no order. A place that is first met meanwhile may be missing. */
  totals(): readonly PlaceTotal[] {
    const totals: PlaceTotal[] = [];
    for (const key of this.#totals.keys()) {
      const values = this.#totals.lookup(key)?.map((cpu) => totalValue.decode(cpu.bytes)) ?? [];
      const count = values.reduce((sum, value) => sum + Number(value.count), 0);
      if (count === 0) continue;
      const { location, reason, kind } = totalKey.decode(key);
      const ip = kind & (COPY_KIND - 1);
      totals.push({
        locationLow: Number(location & 0xffff_ffffn),
        locationHigh: Number(location >> 32n),
        reasonCode: this.#tellsReason && location !== 0n ? reason : undefined,
        ip: ip === 4 || ip === 6 ? ip : undefined,
        copy: (kind & COPY_KIND) !== 0,
        count,
        lastNs: values.map((value) => value.lastNs).reduce(later, 0n),
      });
    }
    return totals;
  }

  /**
   * Runs that were skipped, by the kernel or by the program itself: an upper bound of TCP drops that were
   * missed.
   */
  missed(): number {
    const skipped = [this.program, this.#tcpDrop].map((program) =>
      Number(program?.info().recursionMisses ?? 0),
    );
    return (
      skipped.reduce((sum, one) => sum + one) +
      this.#sums()(perCpu.fields.guard.offset + guard.fields.missed.offset)
    );
  }

  /** Reads all CPUs' memory once; the sum of what they hold at an offset. */
  #sums(): (offset: number) => number {
    const cpus = this.#perCpu.lookup(indexKey(0)) ?? [];
    return (offset) => cpus.reduce((total, cpu) => total + cpu.u64AsNumber(offset), 0);
  }

  /** No more records after this; those in the ring can still be drained. */
  detach(): void {
    this.#links[Symbol.dispose]();
  }

  /** The counters once they stand still: programs that were running when the link closed still finish. */
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

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

function demand(created: ReadonlyMap<MapSpec, BpfMap>, spec: MapSpec): BpfMap {
  const map = created.get(spec);
  if (map === undefined) throw new Error(`The map ${spec.name} was not created`);
  return map;
}

function later(one: bigint, other: bigint): bigint {
  return one < other ? other : one;
}
