/** Drops counted by what tells which counter of the kernel they raised: for reconcile.ts. */
import type { Direction, DropEvent, TcpFlag } from "../event.ts";
import { bareSymbol } from "../reasons/index.ts";

/** What a rule can ask of an event (reasons/counter-rule.ts). Undefined where it cannot be told. */
export interface EventKind {
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

export class EventCounts {
  readonly #counts = new Map<string, { readonly kind: EventKind; skbs: number; segments: number }>();

  add(event: DropEvent): void {
    const key = `${event.reasonSubsystem} ${event.reason} ${event.location} ${event.ip} ${event.tunnel} ${event.direction} ${event.state} ${event.flags?.join("|")} ${carries(event)} ${event.ifname}`;
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.skbs += 1;
      known.segments += event.gsoSegs;
    } else if (this.#counts.size < MAX_KINDS) this.#counts.set(key, { kind: kindOf(event), skbs: 1, segments: event.gsoSegs });
    else this.addUntold(event.reason, event.reasonSubsystem, 1, event.gsoSegs);
  }

  /** Drops of which the reason alone is known: those that the kernel's program counted and did not send. */
  addUntold(reason: string | undefined, subsystem: string | undefined, skbs: number, segments = skbs): void {
    this.#put({ ...NOTHING_TOLD, source: "kfree_skb", reason, subsystem }, skbs, segments);
  }

  /** SYNs that have no kfree_skb event. */
  addRefused({ cause, count }: RefusedSyns): void {
    this.#put({ ...NOTHING_TOLD, source: "listener", reason: cause, subsystem: undefined }, count, count);
  }

  #put(kind: EventKind, skbs: number, segments: number): void {
    const key = `untold ${kind.source} ${kind.subsystem} ${kind.reason}`;
    const known = this.#counts.get(key) ?? { kind, skbs: 0, segments: 0 };
    known.skbs += skbs;
    known.segments += segments;
    this.#counts.set(key, known);
  }

  /** In the order in which they were first seen. */
  get list(): readonly EventCount[] {
    return [...this.#counts.values()].map(({ kind, skbs, segments }) => ({ ...kind, skbs, segments }));
  }
}

function kindOf(event: DropEvent): EventKind {
  return {
    source: event.source,
    subsystem: event.reasonSubsystem,
    reason: event.reason,
    // Without the kernel's symbols a location is a bare address.
    at: event.location.startsWith("0x") ? undefined : bareSymbol(event.location),
    family: event.tunnel ? undefined : event.ip,
    direction: event.direction === "unknown" ? undefined : event.direction,
    state: event.state,
    flags: event.flags?.filter((flag) => TOLD.includes(flag)),
    carries: carries(event),
    ifname: event.ifname,
  };
}

function carries({ payloadLen, flags }: DropEvent): boolean | undefined {
  return payloadLen === undefined ? undefined : payloadLen > 0 || flags?.includes("FIN") === true;
}
