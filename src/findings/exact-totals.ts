/**
 * What the kernel counted by site, beside the drops that were looked at one by one: what was lost, limited or
 * never read is in these totals alone.
 */
import type { DropSite, ReasonName, SiteCount, SummaryNotice } from "../model/index.ts";
import { functionOf, type Incident, type SegmentCounts } from "./incident.ts";

/** The end of a run, as far as drops without an event show there. */
export type ExactTotals = Pick<SummaryNotice, "bySite" | "totals" | "filterRest">;

/** Under what events and totals meet. */
export function siteKey({ reason, reasonCode, location }: SiteOf): string {
  return `${reasonCode ?? reason} ${location}`;
}

type SiteOf = Pick<ReasonName, "reason" | "reasonCode"> & {
  readonly location: DropSite["location"] | undefined;
};

/** Drops that user space may not have read. */
export function atMostUnread({ lost, limited, unread, undecodable }: ExactTotals["totals"]): number {
  return lost + limited + unread + undecodable;
}

/** By `siteKey`, both families together. */
export function countsBySite(bySite: readonly SiteCount[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const site of bySite) counts.set(siteKey(site), (counts.get(siteKey(site)) ?? 0) + site.count);
  return counts;
}

const NO_SEGMENTS: SegmentCounts = Object.freeze({
  syn: 0,
  synAck: 0,
  rst: 0,
  fin: 0,
  payload: 0,
  bareAck: 0,
  senseless: 0,
});
/** Whoever they were, nobody looked. */
const UNKNOWN_VALUES = Object.freeze({ size: 0, isCut: true, values: () => [] });

/** A site of which no drop was read. */
export function incidentOfTotal(site: SiteCount): Incident {
  const { reason, reasonSubsystem, reasonInferred, variant, location, ip, advice, count, lastNs } = site;
  return {
    kind: "drop",
    class: site.class,
    ...{ reason, reasonSubsystem, reasonInferred, variant, location, ip, advice, count, lastNs },
    function: functionOf(location),
    direction: "unknown",
    netns: undefined,
    ifname: undefined,
    ifindex: undefined,
    outIfname: undefined,
    outIfindex: undefined,
    mtu: undefined,
    service: undefined,
    isAtLeast: false,
    isAtMost: false,
    hasSeconds: false,
    firstNs: undefined,
    bySecond: [],
    peakPerSecond: 0,
    peers: UNKNOWN_VALUES,
    connections: UNKNOWN_VALUES,
    segments: NO_SEGMENTS,
    owners: [],
    states: new Map(),
    maxPayload: 0,
    example: undefined,
    callers: [],
  };
}
