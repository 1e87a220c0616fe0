/** The kernel's totals by site, with the names of drops. */
import type { KernelSiteTotal } from "../capture/kinds/drop/site-totals.ts";
import type { EventMaker } from "../enrich/event-maker.ts";
import type { SiteTotal } from "./source.ts";

export function siteTotal(total: KernelSiteTotal, drops: EventMaker): SiteTotal {
  return { ...namedTotal(total, drops), lastNs: drops.wallNs(total.lastNs) };
}

export function namedTotal(total: KernelSiteTotal, drops: EventMaker): Omit<SiteTotal, "lastNs"> {
  return { key: siteKey(total), count: total.count, name: () => drops.site(total) };
}

function siteKey({ locationHigh, locationLow, reasonCode, ip, copy }: KernelSiteTotal): string {
  return `${locationHigh} ${locationLow} ${reasonCode} ${ip} ${copy}`;
}
