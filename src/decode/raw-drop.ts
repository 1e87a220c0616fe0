/**
 * A record as it came from the kernel: numbers and bytes, nothing named yet. enrich/ makes a DropEvent of it.
 */
import type { DropEvent } from "../event.ts";

/** What enrich/ finds out, or has in another form than the record. */
type Enriched =
  | "type"
  | "timeNs"
  | "direction"
  | "reason"
  | "reasonSubsystem"
  | "reasonInferred"
  | "class"
  | "advice"
  | "location"
  | "locationAddress"
  | "stack";

export interface RawDrop extends Omit<DropEvent, Enriched> {
  /** What the program could tell; "received" becomes rx or forwarded by the route's input function. */
  readonly direction: "unknown" | "received" | "tx";
  /** dst_entry.input of a received skb, 0 without a route: two 32-bit halves. */
  readonly dstInputLow: number;
  readonly dstInputHigh: number;
  /** A packet or raw socket's copy. */
  readonly copy: boolean;
  /** Dropped as another host's, although the frame was sent to the interface. */
  readonly ownMac: boolean;
  /**
   * What the kernel found of the filter, where user space asks the rest: two bits each (capture/core/filter-steps/).
   */
  readonly filterTold: number;
  /** Two 32-bit halves, low first. */
  readonly locationLow: number;
  readonly locationHigh: number;
  /**
   * Frames as pairs of 32-bit halves, low first, innermost frame first. All drops with the same stack share
   * it: it is not to be written to.
   */
  readonly stack: Uint32Array | undefined;
}
