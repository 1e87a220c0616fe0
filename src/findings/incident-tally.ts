/** An incident while it grows. */
import { thousands } from "../bytes/halves.ts";
import type { Direction, DropClass, Event, Kind } from "../model/index.ts";
import { Distinct, type DistinctBudget } from "./distinct.ts";
import { functionOf, type Incident, type SegmentCounts, type Service } from "./incident.ts";
import { SecondCounts } from "./second-counts.ts";
import type { Ends } from "./service-of.ts";

const US_PER_SECOND = 1_000_000;
/** A socket has one of 13 states. */
const MAX_STATES = 16;

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
  readonly peers: Distinct;
  readonly connections: Distinct;
  readonly states = new Map<string, number>();
  count = 0;
  isAtLeast = false;
  firstNs: bigint | undefined;
  lastNs: bigint | undefined;
  maxPayload = 0;
  example: Event | undefined;
  readonly #seconds = new SecondCounts();
  readonly #segments: Record<keyof SegmentCounts, number> = {
    syn: 0,
    synAck: 0,
    rst: 0,
    fin: 0,
    payload: 0,
    bareAck: 0,
  };

  constructor(event: Event, service: Service | undefined, budget: DistinctBudget) {
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
    this.peers = new Distinct(budget);
    this.connections = new Distinct(budget);
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

  get callers(): readonly string[] {
    return (this.example?.stack ?? []).flatMap((frame) => functionOf(frame) ?? []);
  }

  /** An event whose ends were not met before. */
  addEnds({ client }: Ends): void {
    if (client === undefined) return;
    this.peers.add(client.address);
    if (client.port !== undefined) this.connections.add(`${client.address} ${client.port}`);
  }

  addEvent(event: Event): void {
    const count = event.kind === "refused" ? event.detail.count : 1;
    this.count += count;
    this.firstNs ??= event.kind === "refused" ? event.detail.sinceNs : event.timeNs;
    this.lastNs = event.timeNs;
    this.#seconds.add(Math.floor(thousands(event.timeNs) / US_PER_SECOND), count);
    if (this.example === undefined || (this.example.stack === undefined && event.stack !== undefined))
      this.example = event;
    const state = event.socket?.state;
    if (state !== undefined && (this.states.has(state) || this.states.size < MAX_STATES))
      this.states.set(state, (this.states.get(state) ?? 0) + count);
    if (event.kind === "refused") this.#segments.syn += count;
    else this.#addSegment(event);
  }

  #addSegment({ packet: { flags = [], payloadLen = 0 } }: Event & { kind: "drop" }): void {
    const segments = this.#segments;
    const [syn, ack] = [flags.includes("SYN"), flags.includes("ACK")];
    const [rst, fin] = [flags.includes("RST"), flags.includes("FIN")];
    if (syn && ack) segments.synAck += 1;
    else if (syn) segments.syn += 1;
    if (rst) segments.rst += 1;
    if (fin) segments.fin += 1;
    if (payloadLen > 0) segments.payload += 1;
    else if (ack && !syn && !rst && !fin) segments.bareAck += 1;
    if (payloadLen > this.maxPayload) this.maxPayload = payloadLen;
  }
}
