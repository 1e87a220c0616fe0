/** The kernel's totals by site, with the names of drops. */
import type { KernelSiteTotal } from "../capture/kinds/drop/site-totals.ts";
import type { EventMaker } from "../enrich/event-maker.ts";
import type { SiteTotal } from "./source.ts";
import type { VariantCount, VariantCounts } from "./variant-counts.ts";

/**
 * One total, or where the class depends on the drop one for each variant that was read, and one for what was not
 * read. Together they are the kernel's.
 */
export function siteTotals(
  total: KernelSiteTotal,
  drops: EventMaker,
  read: VariantCounts,
): readonly SiteTotal[] {
  const whole = { ...namedTotal(total, drops), lastNs: drops.wallNs(total.lastNs) };
  if (!drops.variesAt(total)) return [whole];
  const address = (BigInt(total.locationHigh) << 32n) | BigInt(total.locationLow);
  const variants = read.at(address, total.reasonCode, total.ip);
  const rest = total.count - variants.reduce((sum, { count }) => sum + count, 0);
  // The kernel's total was read first, and more events since.
  if (rest < 0 || variants.length === 0) return [whole];
  return [...variants.map((one) => ofVariant(whole, one)), ...(rest > 0 ? [{ ...whole, count: rest }] : [])];
}

function ofVariant(whole: SiteTotal, { site, class: dropClass, count, lastNs }: VariantCount): SiteTotal {
  const { reason, reasonInferred, variant, advice } = site;
  return {
    key: `${whole.key} ${variant} ${dropClass}`,
    count,
    lastNs,
    name: () => ({ ...whole.name(), reason, reasonInferred, class: dropClass, variant, advice }),
  };
}

export function namedTotal(total: KernelSiteTotal, drops: EventMaker): Omit<SiteTotal, "lastNs"> {
  return { key: siteKey(total), count: total.count, name: () => drops.site(total) };
}

function siteKey({ locationHigh, locationLow, reasonCode, ip, copy }: KernelSiteTotal): string {
  return `${locationHigh} ${locationLow} ${reasonCode} ${ip} ${copy}`;
}
