/**
 * Sites by name: the reason and its advice, and the location; and what of the class of a drop follows from
 * its site. Never throws.
 */

import type { KernelSiteTotal } from "../capture/kinds/drop/site-totals.ts";
import type { DropClass, DropSite, DropSource, ReasonName, SiteCount } from "../model/index.ts";
import { recurs } from "../model/shared.ts";
import {
  classBy,
  classOfAll,
  INFERRED_REASONS,
  inferReason,
  type KernelHas,
  type LocationRule,
  NO_REASONS,
  RECEIVING_SOCKET,
  reasonRow,
  rulesAt,
  type Segment,
} from "../reasons/index.ts";
import type { ReasonNames } from "./reason-names.ts";
import type { Symbolizer } from "./symbolizer.ts";

export interface SitesOptions {
  /** The tracepoint gives the receiving socket: rx_sk, since Linux 6.11. */
  readonly tellsReceivingSocket: boolean;
  /** The tracepoint gives a reason: since Linux 5.17. */
  readonly tellsReasons: boolean;
}

/** A site, and what is the same for all that is dropped there. */
export interface KnownSite {
  readonly site: DropSite;
  /** The reason's class. */
  readonly class: DropClass;
  /** The rules that may decide the class instead. */
  readonly rules: readonly LocationRule[];
  /** A function that only forwards. */
  readonly forwards: boolean;
  /** Where the kernel gives no reason, and stacks may: by its name, what was made of them. */
  readonly byInferred: Map<string | undefined, KnownSite> | undefined;
}

interface Meaning {
  readonly name: string | undefined;
  readonly subsystem: string | undefined;
  readonly inferred: boolean;
  readonly class: DropClass;
  readonly advice: string;
}

export class Sites {
  readonly #names: ReasonNames;
  readonly #symbolizer: Symbolizer;
  readonly #options: SitesOptions;
  #kernelHas: KernelHas | undefined;

  constructor(names: ReasonNames, symbolizer: Symbolizer, options: SitesOptions) {
    this.#names = names;
    this.#symbolizer = symbolizer;
    this.#options = options;
  }

  /** The location is the two halves of its address. */
  at(low: number, high: number, reasonCode: number | undefined, source: DropSource): KnownSite {
    const location = this.#symbolizer.frame(low, high);
    const address = (BigInt(high) << 32n) | BigInt(low);
    if (reasonCode !== undefined)
      return this.#known(source, location, address, this.#meaning(reasonCode), reasonCode);
    const meaning = inferredMeaning(inferReason(location, undefined));
    const known = this.#known(source, location, address, meaning, undefined);
    return { ...known, byInferred: new Map([[meaning.name, known]]) };
  }

  #known(
    source: DropSource,
    location: string,
    locationAddress: bigint,
    meaning: Meaning,
    reasonCode: number | undefined,
  ): KnownSite {
    const { name, subsystem, inferred, advice } = meaning;
    const site: DropSite = Object.freeze({
      source,
      reason: name,
      reasonCode,
      reasonSubsystem: subsystem === NO_REASONS ? undefined : subsystem,
      reasonInferred: inferred,
      advice,
      location,
      locationAddress,
    });
    return {
      site,
      class: meaning.class,
      rules: this.#rulesAt(meaning, location),
      forwards: /^ip6?_forward\b/.test(location),
      byInferred: undefined,
    };
  }

  /** Where the kernel gives no reason: the site with the one that the stack makes certain. */
  withStack(known: KnownSite, stack: readonly string[] | undefined): KnownSite {
    const { byInferred, site } = known;
    if (byInferred === undefined) return known;
    const name = inferReason(site.location, stack);
    const before = byInferred.get(name);
    if (before !== undefined) return before;
    const made = this.#known(
      site.source,
      site.location,
      site.locationAddress,
      inferredMeaning(name),
      undefined,
    );
    recurs(made.site);
    byInferred.set(name, made);
    return made;
  }

  /** The class of everything that is dropped there, so that the kernel can count such drops by itself. */
  classOfAll({ reasonCode, location }: DropSite): DropClass | undefined {
    // Not in modules: what comes after them may have their addresses.
    return location.endsWith("]") || reasonCode === undefined
      ? undefined
      : classOfAll(this.#rulesAt(this.#meaning(reasonCode), location));
  }

  /**
   * A site of the kernel's totals. Its class is as far as reason and location show it: single drops there may
   * be of another, by state or callers.
   */
  ofTotal(total: KernelSiteTotal): Omit<SiteCount, "count" | "perSecond" | "lastNs"> {
    const { locationLow, locationHigh, reasonCode, ip, copy } = total;
    const nowhere = locationLow === 0 && locationHigh === 0;
    const { site, rules, class: reasonClass } = this.at(locationLow, locationHigh, reasonCode, "kfree_skb");
    return {
      ...nameOf(site),
      class: copy ? "copy" : (classOfAll(rules) ?? reasonClass),
      advice: site.advice,
      location: nowhere ? undefined : site.location,
      ip,
    };
  }

  /** A reason by its code alone. */
  reason(code: number): ReasonName {
    const { name, subsystem } = this.#meaning(code);
    return { reason: name, reasonCode: code, reasonSubsystem: subsystem, reasonInferred: false };
  }

  #meaning(code: number): Meaning {
    const { name, subsystem } = this.#names.decode(code);
    return meaningOf(name, subsystem, false);
  }

  #rulesAt({ name, subsystem }: Meaning, location: string): readonly LocationRule[] {
    this.#kernelHas ??= new Set([
      ...(this.#options.tellsReasons ? this.#names.core.values() : []),
      ...(this.#options.tellsReceivingSocket ? [RECEIVING_SOCKET] : []),
    ]);
    return rulesAt(name, subsystem, location, this.#kernelHas);
  }
}

/** The reason's class, unless the location, and what was dropped there, decide for another. */
export function classOf({ rules, class: reasonClass }: KnownSite, segment: Segment): DropClass {
  return classBy(rules, segment) ?? reasonClass;
}

export function nameOf({ reason, reasonCode, reasonSubsystem, reasonInferred }: ReasonName): ReasonName {
  return { reason, reasonCode, reasonSubsystem, reasonInferred };
}

function meaningOf(name: string | undefined, subsystem: string | undefined, inferred: boolean): Meaning {
  const row = reasonRow(name, subsystem);
  return { name, subsystem, inferred, class: row.class, advice: row.advice };
}

const NO_REASON = meaningOf(undefined, NO_REASONS, false);
const INFERRED: ReadonlyMap<string, Meaning> = new Map(
  INFERRED_REASONS.map(({ reason }) => [reason, meaningOf(reason, "CORE", true)]),
);

function inferredMeaning(name: string | undefined): Meaning {
  return name === undefined ? NO_REASON : (INFERRED.get(name) ?? NO_REASON);
}
