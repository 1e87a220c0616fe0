/** Whether what was received was for this host, or to be forwarded. */
import { highHalf, lowHalf } from "../bytes/halves.ts";
import type { Direction } from "../model/index.ts";
import type { Symbolizer } from "./symbolizer.ts";

export class WayIn {
  readonly #symbolizer: Symbolizer;
  #forwardInputs: readonly { readonly low: number; readonly high: number }[] | undefined;

  constructor(symbolizer: Symbolizer) {
    this.#symbolizer = symbolizer;
  }

  /**
   * By the route's input function, in halves, 0 without a route: ip_forward and ip6_forward. Where IPsec
   * refuses, these functions drop it without a route: net/xfrm/xfrm_policy.c, __xfrm_route_forward().
   */
  of(inputLow: number, inputHigh: number, siteForwards: boolean): Direction {
    if (inputLow === 0 && inputHigh === 0) return siteForwards ? "forwarded" : "rx";
    const { symbols } = this.#symbolizer;
    if (symbols === undefined) return "unknown";
    this.#forwardInputs ??= ["ip_forward", "ip6_forward"].flatMap((name) =>
      symbols.addressesOf(name).map((address) => ({ low: lowHalf(address), high: highHalf(address) })),
    );
    for (const { low, high } of this.#forwardInputs)
      if (low === inputLow && high === inputHigh) return "forwarded";
    return "rx";
  }
}
