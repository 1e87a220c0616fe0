/** The totals by site, as the kernel has them: slots of each CPU, and the map for the rest, added up. */
import { type BpfMap, indexKey } from "../../../bpf/index.ts";
import { COPY_KIND, cpuMemory, SITE_SLOTS, siteKey, siteSlot, siteTotal } from "./cpu-memory.ts";

export interface KernelSite {
  /** Two 32-bit halves; both 0 for what came when the map of sites was full. */
  readonly locationLow: number;
  readonly locationHigh: number;
  /** Undefined where the kernel gives none. */
  readonly reasonCode: number | undefined;
  /** Undefined for what came when the map was full. */
  readonly ip: 4 | 6 | undefined;
  /** One of COPY. */
  readonly copy: number;
}

/** What was dropped at one site, of one family: exact, whatever became of the records. In skbs. */
export interface KernelSiteTotal extends KernelSite {
  readonly count: number;
  /** CLOCK_BOOTTIME of the last one. */
  readonly lastNs: bigint;
}

interface Sum {
  readonly key: Uint8Array;
  count: number;
  lastNs: bigint;
}

/** `hasReasons`: the kernel gives a reason, and a 0 is one. */
export function readSiteTotals(
  perCpu: BpfMap,
  sites: BpfMap,
  hasReasons: boolean,
): readonly KernelSiteTotal[] {
  const sums = new Map<string, Sum>();
  const add = (key: Uint8Array, bytes: Uint8Array, at: number): void => {
    const { count, lastNs } = siteTotal.decode(bytes, at);
    if (count === 0n) return;
    const name = Buffer.from(key).toString("latin1");
    const sum = sums.get(name) ?? { key: key.slice(), count: 0, lastNs: 0n };
    sum.count += Number(count);
    if (lastNs > sum.lastNs) sum.lastNs = lastNs;
    sums.set(name, sum);
  };
  for (const { bytes } of perCpu.lookup(indexKey(0)) ?? [])
    for (let slot = 0; slot < SITE_SLOTS; slot += 1) {
      const at = cpuMemory.fields.siteSlots.offset + slot * siteSlot.size;
      const keyAt = at + siteSlot.fields.key.offset;
      add(bytes.subarray(keyAt, keyAt + siteKey.size), bytes, at + siteSlot.fields.total.offset);
    }
  for (const key of sites.keys()) for (const { bytes } of sites.lookup(key) ?? []) add(key, bytes, 0);
  return [...sums.values()].map((sum) => toTotals(sum, hasReasons));
}

function toTotals({ key, count, lastNs }: Sum, hasReasons: boolean): KernelSiteTotal {
  return { ...siteOf(siteKey.decode(key), hasReasons), count, lastNs };
}

/** What a key says of its site. */
export function siteOf(
  { location, reason, kind }: { readonly location: bigint; readonly reason: number; readonly kind: number },
  hasReasons: boolean,
): KernelSite {
  const ip = kind & (COPY_KIND - 1);
  return {
    locationLow: Number(location & 0xffff_ffffn),
    locationHigh: Number(location >> 32n),
    reasonCode: hasReasons && location !== 0n ? reason : undefined,
    ip: ip === 4 || ip === 6 ? ip : undefined,
    copy: kind >>> Math.log2(COPY_KIND),
  };
}
