/** Drops counted by everything that decides which kernel counter they raised: for reconcile.ts. */
import type { Direction, DropEvent, Packet, TcpFlag } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";
import { bareSymbol, isNotUnicast } from "../reasons/index.ts";

/** What a rule can test (reasons/counter-rule.ts). Undefined where it is unknown. */
export interface EventKind {
  /** Of drops "kfree_skb", whatever saw them: rules know them by reason and location. */
  readonly source: "kfree_skb" | "listener";
  readonly subsystem: string | undefined;
  /** A drop reason, or the cause of a refused SYN. */
  readonly reason: string | undefined;
  /** The function that dropped it. */
  readonly at: string | undefined;
  /** Of the packet that IP handled: undefined inside a tunnel. */
  readonly family: 4 | 6 | undefined;
  readonly direction: Direction | undefined;
  readonly state: string | undefined;
  /** Those of FIN, SYN, RST and ACK that were set. */
  readonly flags: readonly TcpFlag[] | undefined;
  /** It has payload or FIN. */
  readonly carries: boolean | undefined;
  readonly ifname: string | undefined;
  /** False: the destination itself says that it is a broadcast or multicast address. */
  readonly unicast: boolean | undefined;
  readonly outIfname: string | undefined;
}

/** What is known of drops without an event. */
export type SiteKind = Pick<EventKind, "reason" | "subsystem" | "at">;

export interface EventCount extends EventKind {
  readonly skbs: number;
  /** Wire segments that the skbs stand for. */
  readonly segments: number;
}

/** Refused SYNs: a part of a RefusedEvent. */
export interface RefusedSyns {
  readonly cause: string;
  readonly count: number;
}

/** Kinds beyond this number are distinguished by their reason only. */
const MAX_KINDS = 4096;
const COUNTED_FLAGS: readonly TcpFlag[] = ["FIN", "SYN", "RST", "ACK"];
const NOTHING_KNOWN = {
  at: undefined,
  family: undefined,
  direction: undefined,
  state: undefined,
  flags: undefined,
  carries: undefined,
  ifname: undefined,
  unicast: undefined,
  outIfname: undefined,
} as const;

interface Counter {
  readonly kind: EventKind;
  skbs: number;
  segments: number;
}

/**
 * Counts events for reconcile(): one counter for all that are alike.
 *
 * @example
 * ```ts
 * import { EventCounts } from "tcpdrop/reconcile";
 *
 * const counts = new EventCounts();
 * counts.addRefused({ cause: "ACCEPT_QUEUE_FULL", count: 3 });
 * console.log(counts.list.map(({ reason, skbs }) => [reason, skbs]));
 * // prints: [ [ 'ACCEPT_QUEUE_FULL', 3 ] ]
 * ```
 */
export class EventCounts {
  readonly #counts = new Map<string, Counter>();
  /** The same counters by site, under shorter keys. */
  readonly #bySite = new KeptFor<Map<string, Counter>>();

  add(event: DropEvent): void {
    const counter = this.#counterOf(event);
    counter.skbs += 1;
    counter.segments += event.packet.gsoSegs;
  }

  #counterOf(event: DropEvent): Counter {
    const { site } = event;
    const key = keyAtSite(event);
    let atSite = this.#bySite.get(site);
    const known = atSite?.get(key);
    if (known !== undefined) return known;
    const counter = this.#find(event, `${site.reasonSubsystem} ${site.reason} ${site.location} ${key}`);
    atSite ??= new Map();
    atSite.set(key, counter);
    this.#bySite.set(site, atSite);
    return counter;
  }

  #find(event: DropEvent, key: string): Counter {
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const { reason, reasonSubsystem: subsystem } = event.site;
    if (this.#counts.size >= MAX_KINDS)
      return this.#withoutEvent({ ...NOTHING_KNOWN, source: "kfree_skb", reason, subsystem });
    const counter = { kind: kindOf(event), skbs: 0, segments: 0 };
    this.#counts.set(key, counter);
    return counter;
  }

  /** Takes drops without an event: those that the kernel program counted and did not send. */
  addWithoutEvent({ reason, subsystem, at }: SiteKind, skbs: number): void {
    this.#put({ ...NOTHING_KNOWN, source: "kfree_skb", reason, subsystem, at }, skbs);
  }

  /** Takes refused SYNs, which have no kfree_skb event. */
  addRefused({ cause, count }: RefusedSyns): void {
    this.#put({ ...NOTHING_KNOWN, source: "listener", reason: cause, subsystem: undefined }, count);
  }

  /** The number of segments is unknown: one per skb. */
  #put(kind: EventKind, skbs: number): void {
    const counter = this.#withoutEvent(kind);
    counter.skbs += skbs;
    counter.segments += skbs;
  }

  /** The counter of a kind of which only the site is known. */
  #withoutEvent(kind: EventKind): Counter {
    const key = `site ${kind.source} ${kind.subsystem} ${kind.reason} ${kind.at}`;
    const counter = this.#counts.get(key) ?? { kind, skbs: 0, segments: 0 };
    this.#counts.set(key, counter);
    return counter;
  }

  /** In order of first appearance. */
  get list(): readonly EventCount[] {
    return [...this.#counts.values()].map(({ kind, skbs, segments }) => ({ ...kind, skbs, segments }));
  }
}

/** What distinguishes kinds at one site. */
function keyAtSite({ flow, socket, device, packet }: DropEvent): string {
  const { ip, tunnel, direction } = flow;
  const shape = `${ip}${tunnel ? "t" : ""}${direction}${carries(packet)}${isNotUnicast(flow.daddr) ? "m" : ""}`;
  return `${shape} ${socket?.state} ${packet.flags?.join("|")} ${device?.ifname} ${device?.outIfname}`;
}

function kindOf({ site, flow, socket, device, packet }: DropEvent): EventKind {
  return {
    source: "kfree_skb",
    subsystem: site.reasonSubsystem,
    reason: site.reason,
    at: functionOf(site.location),
    family: flow.tunnel ? undefined : flow.ip,
    direction: flow.direction === "unknown" ? undefined : flow.direction,
    state: socket?.state,
    flags: packet.flags?.filter((flag) => COUNTED_FLAGS.includes(flag)),
    carries: carries(packet),
    ifname: device?.ifname,
    unicast: !isNotUnicast(flow.daddr),
    outIfname: device?.outIfname,
  };
}

/** The function that dropped it; undefined for a bare address, as without the kernel's symbols. */
export function functionOf(location: string): string | undefined {
  return location.startsWith("0x") ? undefined : bareSymbol(location);
}

function carries({ payloadLen, flags }: Packet): boolean | undefined {
  return payloadLen === undefined ? undefined : payloadLen > 0 || flags?.includes("FIN") === true;
}
