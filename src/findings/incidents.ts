/**
 * Adds up the events of a run by site and service, for the report at its end: as many as a budget of time
 * allows, and one of each site in any case. In a storm the others are only counted by site, and what was added
 * up is a lower bound. So it is where the kernel counted more at a site than came.
 */
import { type Event, isHarmless } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";
import type { DistinctBudget } from "./clients.ts";
import { atMostUnread, countsBySite, type ExactTotals, incidentOfTotal, siteKey } from "./exact-totals.ts";
import type { Incident } from "./incident.ts";
import { IncidentTally, secondOf } from "./incident-tally.ts";
import { LookBudget } from "./look-budget.ts";
import { endsOf, serviceSide } from "./service-of.ts";

/**
 * Incidents that are kept apart, of a site and in all. Beyond that a site's share one without a service, and one of
 * a few drops that seems over gives its place to a new one: after a scan a service that goes down has its own.
 */
const MAX_OF_SITE = 64;
const FEW = 8;
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
  readonly tallies: IncidentTally[];
  /** Where the last event went that was of a new flow: the next one often goes there too. */
  latest: IncidentTally | undefined;
  /** By flow: where the next event of the same one goes. */
  readonly byFlow: KeptFor<Known>;
  /** More came than were looked at. */
  hasMore: boolean;
  /** The last second in which no incident could give its place; undefined while there was room. */
  fullSecond: number | undefined;
}

export class Incidents {
  readonly #sites = new Map<object, SiteTallies>();
  readonly #distinct: DistinctBudget = { left: MAX_DISTINCT };
  readonly #budget: LookBudget;
  /** Where harmless drops came from. */
  readonly #harmlessSites = new Set<Event["site"]>();
  #incidents = 0;
  /** The ones before: in a storm they come again. */
  #site: Event["site"] | undefined;
  #siteTallies: SiteTallies | undefined;
  #harmlessSite: Event["site"] | undefined;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#budget = new LookBudget(nowMs);
  }

  /** Takes every event that the filter accepts, shown or not. */
  observe(event: Event): void {
    if (isHarmless(event.class)) return this.#passHarmless(event);
    const site = this.#siteOf(event);
    if (site === undefined) return;
    if (!this.#budget.allows() && site.tallies.length > 0) site.hasMore = true;
    else this.#tallyOf(site, event).addEvent(event);
  }

  /** All incidents, most drops first: with those of which the kernel's totals alone know. */
  list(exact?: ExactTotals): readonly Incident[] {
    const tallies: IncidentTally[] = [];
    for (const { tallies: ofSite, hasMore } of this.#sites.values())
      for (const tally of ofSite) {
        tally.isAtLeast = hasMore || tally.isLate;
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
    if (site === this.#harmlessSite) return;
    this.#harmlessSite = site;
    if (this.#harmlessSites.size < MAX_SITES) this.#harmlessSites.add(site);
  }

  #siteOf({ site }: Event): SiteTallies | undefined {
    if (site === this.#site) return this.#siteTallies;
    let known = this.#sites.get(site);
    if (known === undefined) {
      if (this.#sites.size >= MAX_SITES) return undefined;
      known = {
        tallies: [],
        latest: undefined,
        byFlow: new KeptFor(),
        hasMore: false,
        fullSecond: undefined,
      };
      this.#sites.set(site, known);
    }
    this.#site = site;
    this.#siteTallies = known;
    return known;
  }

  #tallyOf(site: SiteTallies, event: Event): IncidentTally {
    const { flow, device } = event;
    if (flow === undefined) return this.#find(site, event, undefined, undefined);
    const known = site.byFlow.get(flow);
    if (
      known !== undefined &&
      known.device === device &&
      known.tally.class === event.class &&
      !known.tally.isGone
    )
      return known.tally;
    const tally = this.#tallyOfNew(site, event);
    if (site.byFlow.keeps(flow)) site.byFlow.set(flow, { tally, device });
    return tally;
  }

  /** Of a flow that was not met before: this happens for every event of a flood. */
  #tallyOfNew(site: SiteTallies, event: Event): IncidentTally {
    const side = serviceSide(event);
    const { flow } = event;
    if (side === undefined || flow === undefined) return this.#find(site, event, undefined, undefined);
    const { saddr, sport, daddr, dport } = flow;
    const { isSource } = side;
    const tally = this.#find(site, event, isSource ? saddr : daddr, isSource ? sport : dport);
    const client = isSource ? daddr : saddr;
    if (client !== undefined) tally.clients.add(client, isSource ? dport : sport);
    return tally;
  }

  /** By what events of one site have in common when they belong together. */
  #find(
    site: SiteTallies,
    event: Event,
    serviceAddress: string | undefined,
    servicePort: number | undefined,
  ): IncidentTally {
    const isKnown = serviceAddress !== undefined && servicePort !== undefined;
    const address = isKnown ? serviceAddress : undefined;
    const port = isKnown ? servicePort : undefined;
    const { tallies, latest } = site;
    if (latest?.isOf(event, address, port) === true) return latest;
    // Without a closure, and so without garbage.
    for (const tally of tallies)
      if (tally.isOf(event, address, port)) {
        site.latest = tally;
        return tally;
      }
    return this.#make(site, event);
  }

  #make(site: SiteTallies, event: Event): IncidentTally {
    const { tallies } = site;
    if (tallies.length < MAX_OF_SITE && this.#incidents < MAX_INCIDENTS) return this.#add(site, event, false);
    const shared = tallies.find((tally) => tally.isShared && tally.class === event.class);
    if (shared === undefined) return this.#add(site, event, true);
    const given = this.#placeGiven(site, event);
    if (given === undefined) return shared;
    shared.absorb(given);
    if (site.latest === given) site.latest = undefined;
    tallies.splice(tallies.indexOf(given), 1);
    this.#incidents -= 1;
    const made = this.#add(site, event, false);
    made.isLate = true;
    return made;
  }

  #add({ tallies }: SiteTallies, event: Event, isShared: boolean): IncidentTally {
    this.#incidents += 1;
    const service = isShared ? undefined : endsOf(event).service;
    const made = new IncidentTally(event, service, this.#distinct, isShared);
    tallies.push(made);
    return made;
  }

  /** The incident with the fewest drops, of those that had none in this second of the clock. */
  #placeGiven(site: SiteTallies, { timeNs, class: dropClass }: Event): IncidentTally | undefined {
    const second = secondOf(timeNs);
    if (site.fullSecond === second) return undefined;
    let given: IncidentTally | undefined;
    for (const tally of site.tallies) {
      const mayGo =
        !tally.isShared && tally.class === dropClass && tally.count <= FEW && tally.lastSecond !== second;
      if (mayGo && tally.count < (given?.count ?? Number.POSITIVE_INFINITY)) given = tally;
    }
    if (given === undefined) site.fullSecond = second;
    return given;
  }
}
