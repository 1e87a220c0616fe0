/** Drops counted by what tells which counter of the kernel they raised: for reconcile.ts. */
import type { Direction, DropEvent, TcpFlag } from "../event.ts";
import { bareSymbol } from "../reasons/index.ts";

/** What a rule can ask of an event (reasons/counter-rule.ts). Undefined where it cannot be told. */
export interface EventKind {
  /** Of drops "kfree_skb", whatever saw them: rules know them by reason and location. */
  readonly source: "kfree_skb" | "listener";
  readonly subsystem: string | undefined;
  /** A drop reason, or why a listener refused a SYN. */
  readonly reason: string | undefined;
  /** The function that dropped it. */
  readonly at: string | undefined;
  /** Of the packet that IP saw: not told for what is inside a tunnel. */
  readonly family: 4 | 6 | undefined;
  readonly direction: Direction | undefined;
  readonly state: string | undefined;
  /** Those of FIN, SYN, RST and ACK that were set. */
  readonly flags: readonly TcpFlag[] | undefined;
  /** It has payload or FIN. */
  readonly carries: boolean | undefined;
  readonly ifname: string | undefined;
}

/** All that is known of drops without an event. */
export type UntoldKind = Pick<EventKind, "reason" | "subsystem" | "at">;

export interface EventCount extends EventKind {
  readonly skbs: number;
  /** Wire segments that the skbs stand for. */
  readonly segments: number;
}

/** SYNs that a listener refused: a part of a RefusedEvent. */
export interface RefusedSyns {
  readonly cause: string;
  readonly count: number;
}

/** More kinds than this are told apart by their reason alone. */
const MAX_KINDS = 4096;
const TOLD: readonly TcpFlag[] = ["FIN", "SYN", "RST", "ACK"];
const NOTHING_TOLD = {
  at: undefined,
  family: undefined,
  direction: undefined,
  state: undefined,
  flags: undefined,
  carries: undefined,
  ifname: undefined,
} as const;

interface Counter {
  readonly kind: EventKind;
  skbs: number;
  segments: number;
}

/**
 * How many kinds are found without making their key, each at the place that a hash of its event tells; a
 * power of two.
 */
const RECENT = 256;

export class EventCounts {
  readonly #counts = new Map<string, Counter>();
  /** The last drop of some kinds, and where it was counted. */
  readonly #recent = new Array<{ readonly event: DropEvent; readonly counter: Counter } | undefined>(
    RECENT,
  ).fill(undefined);

  add(event: DropEvent): void {
    const place = hashOf(event) & (RECENT - 1);
    const recent = this.#recent[place];
    const isSame = recent !== undefined && areAlike(recent.event, event);
    const counter = isSame ? recent.counter : this.#counterOf(event);
    if (!isSame) this.#recent[place] = { event, counter };
    counter.skbs += 1;
    counter.segments += event.gsoSegs;
  }

  #counterOf(event: DropEvent): Counter {
    const key = `${event.reasonSubsystem} ${event.reason} ${event.location} ${event.ip} ${event.tunnel} ${event.direction} ${event.state} ${event.flags?.join("|")} ${carries(event)} ${event.ifname}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    if (this.#counts.size >= MAX_KINDS)
      return this.#untold({
        ...NOTHING_TOLD,
        source: "kfree_skb",
        reason: event.reason,
        subsystem: event.reasonSubsystem,
      });
    const counter = { kind: kindOf(event), skbs: 0, segments: 0 };
    this.#counts.set(key, counter);
    return counter;
  }

  /** Drops without an event: those that the kernel's program counted and did not send. */
  addUntold({ reason, subsystem, at }: UntoldKind, skbs: number): void {
    this.#put({ ...NOTHING_TOLD, source: "kfree_skb", reason, subsystem, at }, skbs);
  }

  /** SYNs that have no kfree_skb event. */
  addRefused({ cause, count }: RefusedSyns): void {
    this.#put({ ...NOTHING_TOLD, source: "listener", reason: cause, subsystem: undefined }, count);
  }

  /** How many segments these were is not known. */
  #put(kind: EventKind, skbs: number): void {
    const counter = this.#untold(kind);
    counter.skbs += skbs;
    counter.segments += skbs;
  }

  /** For a kind of which no more than the place is known. */
  #untold(kind: EventKind): Counter {
    const key = `untold ${kind.source} ${kind.subsystem} ${kind.reason} ${kind.at}`;
    const counter = this.#counts.get(key) ?? { kind, skbs: 0, segments: 0 };
    this.#counts.set(key, counter);
    return counter;
  }

  /** In the order in which they were first seen. */
  get list(): readonly EventCount[] {
    return [...this.#counts.values()].map(({ kind, skbs, segments }) => ({ ...kind, skbs, segments }));
  }
}

/**
 * Of what drops that come one after the other differ in most: they share their texts and flags, so that to
 * compare those costs nothing.
 */
function hashOf({ reasonCode, location, ip, state, flags, ifname, payloadLen }: DropEvent): number {
  const last = location.charCodeAt(location.length - 1);
  const hash =
    (reasonCode ?? 0) +
    7 * location.length +
    31 * last +
    64 * ip +
    5 * (state?.length ?? 0) +
    3 * (flags?.length ?? 0) +
    (ifname?.length ?? 0);
  return payloadLen === 0 ? hash : hash + 128;
}

/**
 * They are of one kind, and so is their key. Lists of flags that are not the same list may be alike, and are
 * not found to be.
 */
function areAlike(a: DropEvent, b: DropEvent): boolean {
  return (
    a.location === b.location &&
    a.reason === b.reason &&
    a.reasonSubsystem === b.reasonSubsystem &&
    a.ip === b.ip &&
    a.tunnel === b.tunnel &&
    a.direction === b.direction &&
    a.state === b.state &&
    a.flags === b.flags &&
    a.ifname === b.ifname &&
    carries(a) === carries(b)
  );
}

function kindOf(event: DropEvent): EventKind {
  return {
    source: "kfree_skb",
    subsystem: event.reasonSubsystem,
    reason: event.reason,
    at: functionOf(event.location),
    family: event.tunnel ? undefined : event.ip,
    direction: event.direction === "unknown" ? undefined : event.direction,
    state: event.state,
    flags: event.flags?.filter((flag) => TOLD.includes(flag)),
    carries: carries(event),
    ifname: event.ifname,
  };
}

/** The function that dropped; undefined for a bare address, as without the kernel's symbols. */
export function functionOf(location: string): string | undefined {
  return location.startsWith("0x") ? undefined : bareSymbol(location);
}

function carries({ payloadLen, flags }: DropEvent): boolean | undefined {
  return payloadLen === undefined ? undefined : payloadLen > 0 || flags?.includes("FIN") === true;
}
