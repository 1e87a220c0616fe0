/**
 * A source's exact totals by cgroup, as totals by owner: the cgroups of one unit, container or pod together.
 *
 * Totals are read when they are asked for; cgroups are named soon after their first drop, for their folder may
 * be gone by then: at their first event, or where no events come, at the next look.
 */
import type { Event, Owner, OwnerSum, OwnerTotal } from "../model/index.ts";
import type { Source } from "../source/source.ts";
import type { Observer } from "./observer.ts";
import { Rates, rounded } from "./rates.ts";

/** What the sockets of a cgroup belong to; stays as it was found. */
export interface CgroupOwners extends Disposable {
  /** Undefined where the cgroup was gone before it was first asked for. */
  ownerOf(cgroupId: bigint): Owner | undefined;
}

const LOOK_MS = 200;
/** The pause after a look, by its own time: it takes 2 % of a CPU at most. */
const PAUSE_FACTOR = 50;

interface Row extends OwnerSum {
  readonly key: string;
}

export class OwnerSums implements Observer, Disposable {
  readonly #source: Pick<Source, "ownerTotals">;
  readonly #owners: CgroupOwners;
  readonly #rates: Rates;
  #timer: NodeJS.Timeout | undefined;
  /** The cgroup of the event before: it comes again. */
  #latest: bigint | undefined;

  constructor(source: Pick<Source, "ownerTotals">, owners: CgroupOwners, nowMs: number) {
    this.#source = source;
    this.#owners = owners;
    this.#rates = new Rates(nowMs);
  }

  /** From now on new cgroups are looked for, where no events come. */
  start(): void {
    this.#lookIn(LOOK_MS);
  }

  observe({ identity }: Event): void {
    const cgroupId = identity?.cgroupId;
    if (cgroupId === undefined || cgroupId === this.#latest) return;
    this.#latest = cgroupId;
    this.#owners.ownerOf(cgroupId);
  }

  /** Most first; rates are of the time since the last `read`. Undefined where nobody counted. */
  read(nowMs: number): readonly OwnerSum[] | undefined {
    const rows = this.#rows();
    return rows === undefined ? undefined : summed(rows, this.#rates.read(rows, nowMs));
  }

  /** Most first; rates are of the whole run. */
  whole(nowMs: number): readonly OwnerSum[] | undefined {
    const rows = this.#rows();
    return rows === undefined ? undefined : summed(rows, this.#rates.whole(nowMs));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#owners[Symbol.dispose]();
  }

  #lookIn(ms: number): void {
    this.#timer = setTimeout(() => {
      const startMs = performance.now();
      for (const { cgroupId } of this.#source.ownerTotals() ?? [])
        if (cgroupId !== undefined) this.#owners.ownerOf(cgroupId);
      this.#lookIn(Math.max(LOOK_MS, PAUSE_FACTOR * (performance.now() - startMs)));
    }, ms).unref();
  }

  #rows(): readonly Row[] | undefined {
    return this.#source.ownerTotals()?.map((total) => ({
      ...total,
      key: `${total.of} ${total.cgroupId} ${total.class}`,
      owner: total.cgroupId === undefined ? undefined : this.#owners.ownerOf(total.cgroupId),
      perSecond: 0,
    }));
  }
}

function summed(rows: readonly Row[], rateOf: (row: Row) => number): readonly OwnerSum[] {
  const sums = new Map<string, OwnerSum>();
  for (const row of rows) {
    const name = `${nameOf(row)} ${row.class}`;
    const before = sums.get(name);
    sums.set(name, before === undefined ? only(row, rateOf(row)) : together(before, row, rateOf(row)));
  }
  return [...sums.values()]
    .map((sum) => ({ ...sum, perSecond: rounded(sum.perSecond) }))
    .sort((a, b) => b.count - a.count || nameOf(a).localeCompare(nameOf(b)));
}

function only({ key: _key, ...row }: Row, perSecond: number): OwnerSum {
  return { ...row, perSecond };
}

/** Several cgroups of one owner: what they do not have in common is left out. */
function together(sum: OwnerSum, row: Row, perSecond: number): OwnerSum {
  const { owner } = sum;
  return {
    ...sum,
    cgroupId: undefined,
    owner:
      owner === undefined || owner.cgroup === row.owner?.cgroup ? owner : { ...owner, cgroup: undefined },
    count: sum.count + row.count,
    perSecond: sum.perSecond + perSecond,
  };
}

/** What a reader takes for the same. */
function nameOf({ of, cgroupId, owner }: OwnerTotal & Pick<OwnerSum, "owner">): string {
  const { podUid, containerId, container, unit } = owner?.workload ?? {};
  const names = [podUid, containerId, container, unit];
  if (names.some((name) => name !== undefined)) return names.join("\0");
  return `${of} ${owner?.cgroup ?? cgroupId}`;
}
