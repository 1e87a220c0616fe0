/**
 * Adds up the events of a run by site and service, for the report at its end: as many as a budget of time
 * allows. In a storm the others are only counted by site, and what was added up is a lower bound.
 */
import { type Event, isHarmless } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";
import type { DistinctBudget } from "./distinct.ts";
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
  /** Not looked at one by one. */
  uncounted: number;
}

export class Incidents {
  readonly #sites = new Map<object, SiteTallies>();
  readonly #distinct: DistinctBudget = { left: MAX_DISTINCT };
  readonly #budget: LookBudget;
  #incidents = 0;
  #passedOver = 0;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#budget = new LookBudget(nowMs);
  }

  /** Takes every event that the filter accepts, shown or not. */
  observe(event: Event): void {
    if (isHarmless(event.class)) return;
    const site = this.#siteOf(event);
    if (site === undefined || !this.#budget.allows()) return this.#passOver(event, site);
    this.#tallyOf(site, event).addEvent(event);
  }

  /** All incidents, most drops first. */
  list(): readonly Incident[] {
    const all: Incident[] = [];
    for (const { byKey, uncounted } of this.#sites.values())
      for (const tally of byKey.values()) {
        tally.isAtLeast = uncounted > 0;
        all.push(tally);
      }
    return all.sort((a, b) => b.count - a.count);
  }

  /** Events that belong to no incident: there were too many at a time. */
  get passedOver(): number {
    return this.#passedOver;
  }

  #passOver(event: Event, site: SiteTallies | undefined): void {
    const count = event.kind === "refused" ? event.detail.count : 1;
    this.#passedOver += count;
    if (site !== undefined) site.uncounted += count;
  }

  #siteOf({ site }: Event): SiteTallies | undefined {
    const known = this.#sites.get(site);
    if (known !== undefined || this.#sites.size >= MAX_SITES) return known;
    const made: SiteTallies = { byKey: new Map(), byFlow: new KeptFor(), uncounted: 0 };
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
  return `${dropClass} ${flow?.direction} ${device?.netns} ${device?.ifindex} ${end}`;
}
