/**
 * Drops that were read, by site and variant: the kernel counts by site alone, and at some sites what a drop means
 * follows from its segment, state or callers.
 */
import type { DropClass, DropEvent, DropSite } from "../model/index.ts";

/** Sites by variant: far more than a kernel has. What comes beyond stays without a variant in the totals. */
const MAX_SITES = 4096;

export interface VariantCount {
  readonly site: DropSite;
  readonly class: DropClass;
  readonly ip: 4 | 6 | undefined;
  readonly count: number;
  /** Wall time of the last one, nanoseconds since 1970 UTC. */
  readonly lastNs: bigint;
}

interface Counter extends VariantCount {
  count: number;
  lastNs: bigint;
}

export class VariantCounts {
  /** A site is one object for each variant of its drops. */
  readonly #bySite = new Map<DropSite, Counter[]>();
  /** The same counters, by what the kernel calls a site: copies are others. */
  readonly #byKernelSite = new Map<string, Counter[]>();
  /** The one before: it comes again. */
  #latest: Counter | undefined;

  count({ site, class: dropClass, flow, timeNs }: DropEvent): void {
    const ip = flow?.ip;
    let counter = this.#latest;
    if (counter?.site !== site || counter.ip !== ip || counter.class !== dropClass) {
      counter = this.#counterOf(site, dropClass, ip);
      this.#latest = counter;
    }
    if (counter === undefined) return;
    counter.count += 1;
    counter.lastNs = timeNs;
  }

  /** Those of one site of the kernel, by its address and the code of the reason. */
  at(address: bigint, reasonCode: number | undefined, ip: 4 | 6 | undefined): readonly VariantCount[] {
    return this.#byKernelSite.get(kernelSite(address, reasonCode, ip)) ?? [];
  }

  #counterOf(site: DropSite, dropClass: DropClass, ip: 4 | 6 | undefined): Counter | undefined {
    let counters = this.#bySite.get(site);
    if (counters === undefined) {
      if (this.#bySite.size >= MAX_SITES) return undefined;
      counters = [];
      this.#bySite.set(site, counters);
    }
    let counter = counters.find((one) => one.ip === ip && one.class === dropClass);
    if (counter === undefined) {
      counter = { site, class: dropClass, ip, count: 0, lastNs: 0n };
      counters.push(counter);
      if (dropClass !== "copy") this.#file(counter);
    }
    return counter;
  }

  #file(counter: Counter): void {
    const key = kernelSite(counter.site.locationAddress, counter.site.reasonCode, counter.ip);
    const others = this.#byKernelSite.get(key);
    if (others === undefined) this.#byKernelSite.set(key, [counter]);
    else others.push(counter);
  }
}

function kernelSite(address: bigint, reasonCode: number | undefined, ip: 4 | 6 | undefined): string {
  return `${address} ${reasonCode} ${ip}`;
}
