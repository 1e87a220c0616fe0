/** An incident while it grows. */
import { thousands } from "../bytes/halves.ts";
import type {
  Direction,
  DropClass,
  Event,
  Kind,
  OwnerCount,
  Packet,
  RefusedEvent,
  TcpFlag,
} from "../model/index.ts";
import { Clients, type DistinctBudget } from "./clients.ts";
import {
  type DistinctValues,
  functionOf,
  type Incident,
  type SegmentCounts,
  type Service,
} from "./incident.ts";
import { OwnerTally } from "./owner-tally.ts";
import { SecondCounts } from "./second-counts.ts";
import { ACK, bitsOf, FIN, isSenseless, RST, SYN, SYN_ACK } from "./segment-flags.ts";

const US_PER_SECOND = 1_000_000;
/** Of an event that stands for several SYNs: listening sockets are looked at once a second, and a little later. */
const LONGEST_NS = 1_200_000_000n;
/** A socket has one of 13 states. */
const MAX_STATES = 16;

interface StateCount {
  count: number;
}

export class IncidentTally implements Incident {
  readonly kind: Kind;
  readonly class: DropClass;
  readonly reason: string | undefined;
  readonly reasonCode: number | undefined;
  readonly reasonSubsystem: string | undefined;
  readonly reasonInferred: boolean;
  readonly variant: string;
  readonly location: string | undefined;
  readonly function: string | undefined;
  readonly advice: string;
  readonly ip: 4 | 6 | undefined;
  readonly direction: Direction;
  readonly netns: number | undefined;
  readonly ifname: string | undefined;
  readonly ifindex: number | undefined;
  readonly outIfname: string | undefined;
  readonly outIfindex: number | undefined;
  readonly mtu: number | undefined;
  readonly service: Service | undefined;
  readonly clients: Clients;
  /** Of all services beyond those that are kept apart. */
  readonly isShared: boolean;
  count = 0;
  isAtLeast = false;
  isAtMost = false;
  hasSeconds = true;
  /** Some of its drops may have been added up with those of others before it was kept apart. */
  isLate = false;
  /** Where it was given up, and added up with others. */
  isGone = false;
  firstNs: bigint | undefined;
  lastNs: bigint | undefined;
  maxPayload = 0;
  example: Event | undefined;
  readonly #seconds = new SecondCounts();
  readonly #owners = new OwnerTally();
  readonly #states = new Map<string, StateCount>();
  /** The one before: it comes again. */
  #state: string | undefined;
  #stateCount: StateCount | undefined;
  #flags: readonly TcpFlag[] | undefined;
  #flagBits = 0;
  #isSenseless = false;
  readonly #segments: Record<keyof SegmentCounts, number> = {
    syn: 0,
    synAck: 0,
    rst: 0,
    fin: 0,
    payload: 0,
    bareAck: 0,
    senseless: 0,
  };

  constructor(event: Event, service: Service | undefined, budget: DistinctBudget, isShared = false) {
    const { site, flow, device } = event;
    this.kind = event.kind;
    this.class = event.class;
    this.reason = site.reason;
    this.reasonCode = site.reasonCode;
    this.reasonSubsystem = site.reasonSubsystem;
    this.reasonInferred = site.reasonInferred;
    this.variant = site.variant;
    this.location = site.location;
    this.function = functionOf(site.location);
    this.advice = site.advice;
    this.ip = flow?.ip;
    this.direction = flow?.direction ?? "unknown";
    this.netns = device?.netns;
    this.ifname = device?.ifname;
    this.ifindex = device?.ifindex;
    this.outIfname = device?.outIfname;
    this.outIfindex = device?.outIfindex;
    this.mtu = device?.mtu;
    this.service = service;
    this.clients = new Clients(budget);
    this.isShared = isShared;
  }

  /** Whether the event belongs here; `address` and `port` are its service's. */
  isOf(
    { class: dropClass, flow, device }: Event,
    address: string | undefined,
    port: number | undefined,
  ): boolean {
    return (
      this.service?.port === port &&
      this.class === dropClass &&
      this.ifindex === device?.ifindex &&
      this.outIfindex === device?.outIfindex &&
      this.netns === device?.netns &&
      this.direction === (flow?.direction ?? "unknown") &&
      this.service?.address === address &&
      !this.isShared
    );
  }

  get peers(): DistinctValues {
    return this.clients.peers;
  }

  get connections(): DistinctValues {
    return this.clients.connections;
  }

  get states(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.#states, ([state, { count }]) => [state, count]));
  }

  get owners(): readonly OwnerCount[] {
    return this.#owners.list();
  }

  get segments(): SegmentCounts {
    return this.#segments;
  }

  get bySecond(): readonly (readonly [second: number, count: number])[] {
    return this.#seconds.recent;
  }

  get peakPerSecond(): number {
    return this.#seconds.peak;
  }

  /** Of its last event. */
  get lastSecond(): number | undefined {
    return this.#seconds.newestSecond;
  }

  get callers(): readonly string[] {
    return (this.example?.stack ?? []).flatMap((frame) => functionOf(frame) ?? []);
  }

  addEvent(event: Event): void {
    const count = event.kind === "refused" ? event.detail.count : 1;
    this.count += count;
    this.firstNs ??= event.kind === "refused" ? event.detail.sinceNs : event.timeNs;
    this.lastNs = event.timeNs;
    this.#seconds.add(secondOf(event.timeNs), count);
    if (this.example === undefined || (this.example.stack === undefined && event.stack !== undefined))
      this.example = event;
    this.#addState(event.socket?.state, count);
    this.#owners.add(event.owner, count);
    if (event.kind === "refused") this.#addRefused(event);
    else this.#addSegment(event.packet);
  }

  /** Adds up what was one incident of the same site and class, and is none any more. */
  absorb(other: IncidentTally): void {
    other.isGone = true;
    this.count += other.count;
    this.isAtMost ||= other.isAtMost;
    this.hasSeconds &&= other.hasSeconds;
    this.firstNs = least(this.firstNs, other.firstNs);
    this.lastNs = greatest(this.lastNs, other.lastNs);
    this.#seconds.absorb(other.#seconds);
    this.clients.absorb(other.clients);
    this.#owners.absorb(other.#owners);
    this.example ??= other.example;
    for (const [state, count] of other.states) this.#addState(state, count);
    for (const what of Object.keys(this.#segments) as (keyof SegmentCounts)[])
      this.#segments[what] += other.#segments[what];
    this.maxPayload = Math.max(this.maxPayload, other.maxPayload);
  }

  #addRefused({ timeNs, detail: { count, atMost, sinceNs } }: RefusedEvent): void {
    this.#segments.syn += count;
    this.isAtMost ||= atMost;
    if (count > 1 && timeNs - sinceNs > LONGEST_NS) this.hasSeconds = false;
  }

  #addState(state: string | undefined, count: number): void {
    if (state === undefined) return;
    if (this.#state !== state) {
      const known = this.#states.get(state);
      if (known === undefined && this.#states.size >= MAX_STATES) return;
      this.#stateCount = known ?? { count: 0 };
      if (known === undefined) this.#states.set(state, this.#stateCount);
      this.#state = state;
    }
    if (this.#stateCount !== undefined) this.#stateCount.count += count;
  }

  #addSegment({ flags, payloadLen = 0 }: Packet): void {
    const segments = this.#segments;
    // Lists of flags are shared: of one that comes again nothing is looked for.
    if (flags !== this.#flags) {
      this.#flags = flags;
      this.#flagBits = bitsOf(flags ?? []);
      this.#isSenseless = flags !== undefined && isSenseless(this.#flagBits);
    }
    const bits = this.#flagBits;
    if ((bits & SYN_ACK) === SYN_ACK) segments.synAck += 1;
    else if ((bits & SYN) !== 0) segments.syn += 1;
    if ((bits & RST) !== 0) segments.rst += 1;
    if ((bits & FIN) !== 0) segments.fin += 1;
    if (this.#isSenseless) segments.senseless += 1;
    if (payloadLen > 0) segments.payload += 1;
    else if (bits === ACK) segments.bareAck += 1;
    if (payloadLen > this.maxPayload) this.maxPayload = payloadLen;
  }
}

/** Of the clock, since 1970. */
export function secondOf(timeNs: bigint): number {
  return Math.floor(thousands(timeNs) / US_PER_SECOND);
}

function least(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  return one === undefined || (other !== undefined && other < one) ? other : one;
}

function greatest(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}
