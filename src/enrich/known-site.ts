/** One site by name, with the variants of its reason that drops there may be of. */
import type { DropClass, DropSite } from "../model/index.ts";
import { recurs } from "../model/shared.ts";
import { classOfAll, inferReason, type Segment, type VariantRow, variantOf } from "../reasons/index.ts";

/** What is the same for all drops at a site, whatever their variant. */
export type SiteFacts = Omit<DropSite, "variant" | "meaning" | "advice">;

/** A site as drops of one variant have it: always the same object. */
export interface SiteVariant {
  readonly site: DropSite;
  readonly class: DropClass;
}

export class KnownSite {
  readonly facts: SiteFacts;
  readonly variants: readonly VariantRow[];
  /** A function that only forwards. */
  readonly forwards: boolean;
  /** Where all drops but copies are of one variant: that. */
  readonly only: SiteVariant | undefined;
  readonly #made = new Map<VariantRow, SiteVariant>();
  /** Where the kernel gives no reason, and stacks may: the site with a reason that one made certain. */
  readonly #inferred: ((reason: string | undefined) => KnownSite) | undefined;
  readonly #byInferred = new Map<string | undefined, KnownSite>();
  #recurs = false;
  /** The one before, and what it was. */
  #segment: Segment | undefined;
  #variant: SiteVariant | undefined;

  constructor(
    facts: SiteFacts,
    variants: readonly VariantRow[],
    inferred?: (reason: string | undefined) => KnownSite,
  ) {
    this.facts = facts;
    this.variants = variants;
    this.forwards = /^ip6?_forward\b/.test(facts.location);
    const [first, ...others] = variants.filter(({ copy }) => copy === undefined);
    this.only = first !== undefined && others.length === 0 ? this.#as(first) : undefined;
    this.#inferred = inferred;
  }

  /** Of a drop there. What is like the one before is not matched again: it happens for every drop. */
  variantOf(segment: Segment): SiteVariant {
    if (this.#segment !== undefined && this.#variant !== undefined && isAlike(this.#segment, segment))
      return this.#variant;
    this.#segment = segment;
    this.#variant = this.#as(variantOf(this.variants, segment));
    return this.#variant;
  }

  /** The class of all drops there, copies aside; undefined where it depends on the drop. */
  get classOfAll(): DropClass | undefined {
    return classOfAll(this.variants);
  }

  /** The last variant: the one of drops of which nothing else holds. */
  get general(): SiteVariant {
    return this.#as(this.variants.at(-1) as VariantRow);
  }

  /** Where the kernel gives no reason: the site with the one that the stack makes certain. */
  withStack(stack: readonly string[] | undefined): KnownSite {
    if (this.#inferred === undefined) return this;
    const name = inferReason(this.facts.location, stack);
    const before = this.#byInferred.get(name);
    if (before !== undefined) return before;
    const made = name === this.facts.reason ? this : this.#inferred(name);
    made.recurs();
    this.#byInferred.set(name, made);
    return made;
  }

  /** It came again: things are kept for its objects. */
  recurs(): void {
    this.#recurs = true;
    for (const { site } of this.#made.values()) recurs(site);
  }

  #as(row: VariantRow): SiteVariant {
    const known = this.#made.get(row);
    if (known !== undefined) return known;
    const { id, meaning, advice, class: dropClass } = row;
    const site: DropSite = Object.freeze({ ...this.facts, variant: id, meaning, advice });
    if (this.#recurs) recurs(site);
    const made = Object.freeze({ site, class: dropClass });
    this.#made.set(row, made);
    return made;
  }
}

/** Lists are the same where what they come from is: flags and stacks are interned. */
function isAlike(a: Segment, b: Segment): boolean {
  return (
    a.flags === b.flags &&
    a.state === b.state &&
    isAlikeLong(a.payloadLen, b.payloadLen) &&
    isAlikeLong(a.skbLen, b.skbLen) &&
    a.stack === b.stack &&
    a.copy === b.copy &&
    a.ownMac === b.ownMac &&
    a.daddr === b.daddr &&
    a.acksNewData === b.acksNewData &&
    a.windowClosed === b.windowClosed
  );
}

/** No row asks for a length of more than one byte. */
function isAlikeLong(a: number | undefined, b: number | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a > 1 && b > 1);
}
