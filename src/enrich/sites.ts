/**
 * Sites by name: the reason and the location, and the variants of the reason that drops there may be of. Never
 * throws.
 */

import { COPY } from "../capture/core/facts.ts";
import type { KernelSite } from "../capture/kinds/drop/site-totals.ts";
import type { DropClass, DropSite, DropSource, ReasonName, SiteCount } from "../model/index.ts";
import {
  classOfAll,
  inferReason,
  type KernelHas,
  NO_REASONS,
  RECEIVING_SOCKET,
  type Segment,
  type VariantRow,
  variantsAt,
} from "../reasons/index.ts";
import { KnownSite } from "./known-site.ts";
import type { ReasonNames } from "./reason-names.ts";
import type { Symbolizer } from "./symbolizer.ts";

export interface SitesOptions {
  /** The tracepoint gives the receiving socket: rx_sk, since Linux 6.11. */
  readonly givesReceivingSocket: boolean;
  /** The tracepoint gives a reason: since Linux 5.17. */
  readonly givesReasons: boolean;
}

/** A reason, as the kernel gives it or a location shows it. */
interface Reason {
  readonly name: string | undefined;
  readonly subsystem: string | undefined;
  readonly code: number | undefined;
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
    const known = (reason: Reason, byStack?: (name: string | undefined) => KnownSite): KnownSite =>
      new KnownSite(
        {
          source,
          reason: reason.name,
          reasonCode: reason.code,
          reasonSubsystem: reason.subsystem === NO_REASONS ? undefined : reason.subsystem,
          reasonInferred: reason.code === undefined && reason.name !== undefined,
          location,
          locationAddress: address,
        },
        this.#variantsAt(reason, location),
        byStack,
      );
    return reasonCode === undefined
      ? known(inferred(inferReason(location, undefined)), (name) => known(inferred(name)))
      : known(this.#reason(reasonCode));
  }

  /** The class of everything that is dropped there, so that the kernel can count such drops by itself. */
  classOfAll({ reasonCode, location }: DropSite): DropClass | undefined {
    // Not in modules: what comes after them may have their addresses.
    return location.endsWith("]") || reasonCode === undefined
      ? undefined
      : classOfAll(this.#variantsAt(this.#reason(reasonCode), location));
  }

  /**
   * A site of the kernel's totals. What it means is as far as reason and location show it: single drops there
   * may be of another variant, by state or callers.
   */
  ofTotal(total: KernelSite): Omit<SiteCount, "count" | "perSecond" | "lastNs"> {
    const { locationLow, locationHigh, reasonCode, ip, copy } = total;
    const nowhere = locationLow === 0 && locationHigh === 0;
    const known = this.at(locationLow, locationHigh, reasonCode, "kfree_skb");
    const isOne = copy !== COPY.none || known.only !== undefined;
    const { site, class: dropClass } = copy === COPY.none ? known.general : known.variantOf(copyOf(copy));
    return {
      ...nameOf(site),
      class: copy !== COPY.none ? dropClass : (known.classOfAll ?? dropClass),
      ...(isOne ? { variant: site.variant } : {}),
      advice: isOne || known.classOfAll !== undefined ? site.advice : adviceForSeveral(site),
      location: nowhere ? undefined : site.location,
      ip,
    };
  }

  /** Whether the class of drops at a site of the totals depends on the drop. */
  variesAt({ locationLow, locationHigh, reasonCode, copy }: KernelSite): boolean {
    const known = this.at(locationLow, locationHigh, reasonCode, "kfree_skb");
    return copy === COPY.none && known.only === undefined && known.classOfAll === undefined;
  }

  /** A reason by its code alone. */
  reason(code: number): ReasonName {
    const { name, subsystem } = this.#reason(code);
    return { reason: name, reasonCode: code, reasonSubsystem: subsystem, reasonInferred: false };
  }

  #reason(code: number): Reason {
    const { name, subsystem } = this.#names.decode(code);
    return { name, subsystem, code };
  }

  #variantsAt({ name, subsystem }: Reason, location: string): readonly VariantRow[] {
    this.#kernelHas ??= new Set([
      ...(this.#options.givesReasons ? this.#names.core.values() : []),
      ...(this.#options.givesReceivingSocket ? [RECEIVING_SOCKET] : []),
    ]);
    return variantsAt(name, subsystem, location, this.#kernelHas);
  }
}

function copyOf(copy: number): Segment {
  const whose = copy === COPY.timestamp ? "timestamp" : "socket";
  return { state: undefined, flags: undefined, payloadLen: undefined, copy: whose };
}

function inferred(name: string | undefined): Reason {
  return { name, subsystem: name === undefined ? NO_REASONS : "CORE", code: undefined };
}

function nameOf({ reason, reasonCode, reasonSubsystem, reasonInferred }: ReasonName): ReasonName {
  return { reason, reasonCode, reasonSubsystem, reasonInferred };
}

/** Where a drop may be harmless or not, and totals do not show which. */
function adviceForSeveral({ reason }: DropSite): string {
  const explain = reason === undefined ? "" : `: tcpdrop explain ${reason}`;
  return `Drops that were not read: of several variants, some of which may be harmless${explain}`;
}
