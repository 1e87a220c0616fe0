/**
 * Adds up the events of a run by site and service, for the report at its end: as many as a budget of time
 * allows, and one of each site in any case. In a storm the others are only counted by site, and what was added
 * up is a lower bound. So it is where the kernel counted more at a site than came.
 */
import { type Event, isHarmless } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";
import type { DistinctBudget } from "./distinct.ts";
import { atMostUnread, countsBySite, type ExactTotals, incidentOfTotal, siteKey } from "./exact-totals.ts";
import type { Incident } from "./incident.ts";
import { IncidentTally } from "./incident-tally.ts";
import { LookBudget } from "./look-budget.ts";
import { type Ends, endsOf } from "./service-of.ts";

/** Incidents that are kept apart, of a site and in all; beyond that a site's share one without a service. */
const MAX_OF_SITE = 64;
const MAX_INCIDENTS = 1024;
/** Sites: without a limit only what a kernel has of them. */
const MAX_SITES = 1024;
/** Addresses and ports, over all incidents: some 6 MB. */
const MAX_DISTINCT = 1 << 16;

interface Known {
  readonly tally: IncidentTally;
  readonly device: object | undefined;
}

/** What is known of a site. */
interface SiteTallies {
  readonly byKey: Map<string, IncidentTally>;
  /** By flow: where the next event of the same one goes. */
  readonly byFlow: KeptFor<Known>;
  /** More came than were looked at. */
  hasMore: boolean;
}

export class Incidents {
  readonly #sites = new Map<object, SiteTallies>();
  readonly #distinct: DistinctBudget = { left: MAX_DISTINCT };
  readonly #budget: LookBudget;
  /** Where harmless drops came from. */
  readonly #harmlessSites = new Set<Event["site"]>();
  #incidents = 0;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#budget = new LookBudget(nowMs);
  }

  /** Takes every event that the filter accepts, shown or not. */
  observe(event: Event): void {
    if (isHarmless(event.class)) return this.#passHarmless(event);
    const site = this.#siteOf(event);
    if (site === undefined) return;
    if (!this.#budget.allows() && site.byKey.size > 0) site.hasMore = true;
    else this.#tallyOf(site, event).addEvent(event);
  }

  /** All incidents, most drops first: with those of which the kernel's totals alone know. */
  list(exact?: ExactTotals): readonly Incident[] {
    const tallies: IncidentTally[] = [];
    for (const { byKey, hasMore } of this.#sites.values())
      for (const tally of byKey.values()) {
        tally.isAtLeast = hasMore;
        tallies.push(tally);
      }
    const others =
      exact === undefined || atMostUnread(exact.totals) === 0 ? [] : this.#compare(tallies, exact);
    return [...tallies, ...others].sort((a, b) => b.count - a.count);
  }

  /** Marks what is a lower bound, and returns what no event showed. */
  #compare(tallies: readonly IncidentTally[], { bySite, filterRest }: ExactTotals): readonly Incident[] {
    const counted = countsBySite(bySite);
    const known = new Map<string, number>();
    for (const site of this.#harmlessSites) known.set(siteKey(site), 0);
    const drops = tallies.filter(({ kind }) => kind === "drop");
    for (const tally of drops) known.set(siteKey(tally), (known.get(siteKey(tally)) ?? 0) + tally.count);
    for (const tally of drops) {
      const key = siteKey(tally);
      if ((counted.get(key) ?? 0) > (known.get(key) ?? 0)) tally.isAtLeast = true;
    }
    // What user space was to filter, and never read, is not known to be asked for.
    if (filterRest !== undefined) return [];
    return bySite.filter((site) => !isHarmless(site.class) && !known.has(siteKey(site))).map(incidentOfTotal);
  }

  #passHarmless({ site }: Event): void {
    if (this.#harmlessSites.size < MAX_SITES) this.#harmlessSites.add(site);
  }

  #siteOf({ site }: Event): SiteTallies | undefined {
    const known = this.#sites.get(site);
    if (known !== undefined || this.#sites.size >= MAX_SITES) return known;
    const made: SiteTallies = { byKey: new Map(), byFlow: new KeptFor(), hasMore: false };
    this.#sites.set(site, made);
    return made;
  }

  #tallyOf(site: SiteTallies, event: Event): IncidentTally {
    const { flow, device } = event;
    const known = flow === undefined ? undefined : site.byFlow.get(flow);
    if (known !== undefined && known.device === device && known.tally.class === event.class)
      return known.tally;
    const ends = endsOf(event);
    const tally = this.#find(site, event, ends);
    tally.addEnds(ends);
    if (flow !== undefined) site.byFlow.set(flow, { tally, device });
    return tally;
  }

  #find({ byKey }: SiteTallies, event: Event, ends: Ends): IncidentTally {
    const key = keyOf(event, ends);
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const isFull = byKey.size >= MAX_OF_SITE || this.#incidents >= MAX_INCIDENTS;
    const shared = isFull ? byKey.get(event.class) : undefined;
    if (shared !== undefined) return shared;
    this.#incidents += 1;
    const made = new IncidentTally(event, isFull ? undefined : ends.service, this.#distinct);
    byKey.set(isFull ? event.class : key, made);
    return made;
  }
}

/** What two events of one site have in common when they belong together. */
function keyOf({ class: dropClass, flow, device }: Event, { service }: Ends): string {
  const end = service === undefined ? "" : `${service.address} ${service.port}`;
  return `${dropClass} ${flow?.direction} ${device?.netns} ${device?.ifindex} ${device?.outIfindex} ${end}`;
}
