/** One site by name, with the variants of its reason that drops there may be of. */
import type { DropClass, DropSite } from "../model/index.ts";
import { recurs } from "../model/shared.ts";
import { classOfAll, inferReason, type Segment, type VariantRow, variantOf } from "../reasons/index.ts";
import { askedFacts, STACK } from "./segment-facts.ts";

/** What is the same for all drops at a site, whatever their variant. */
export type SiteFacts = Omit<DropSite, "variant" | "meaning" | "advice">;

/** A site as drops of one variant have it: always the same object. */
export interface SiteVariant {
  readonly site: DropSite;
  readonly class: DropClass;
}

/** Flags and states of segments are the peer's: what is kept for them is bounded. */
const MAX_KEPT = 1024;

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
  /** What counts of a drop there: bits of segment-facts.ts. */
  readonly asked: number;
  /** By what counts, where stacks do not. */
  readonly #byFacts = new Map<number, SiteVariant>();
  /** The same for each stack, where they do. */
  readonly #byStack = new WeakMap<readonly string[], Map<number, SiteVariant>>();

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
    this.asked = askedFacts(variants);
    this.#inferred = inferred;
  }

  /** Of a drop there. */
  variantOf(segment: Segment): SiteVariant {
    return this.#as(variantOf(this.variants, segment));
  }

  /** What match() found for a drop like it; undefined where there was none. It happens for every drop. */
  known(facts: number, stack: readonly string[] | undefined): SiteVariant | undefined {
    return this.#keptFor(stack)?.get(facts & this.asked);
  }

  /** Of a drop there with these facts, and from now on of all that are like it. */
  match(facts: number, segment: Segment): SiteVariant {
    const { stack } = segment;
    let kept = this.#keptFor(stack);
    if (kept === undefined) {
      kept = new Map();
      if (stack !== undefined) this.#byStack.set(stack, kept);
    }
    if (kept.size >= MAX_KEPT) kept.clear();
    const variant = this.variantOf(segment);
    kept.set(facts & this.asked, variant);
    return variant;
  }

  #keptFor(stack: readonly string[] | undefined): Map<number, SiteVariant> | undefined {
    return stack === undefined || (this.asked & STACK) === 0 ? this.#byFacts : this.#byStack.get(stack);
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
