/** What was dropped at one site, of one service. */
import type { Direction, DropClass, Event, Kind, OwnerCount } from "../model/index.ts";

/**
 * How it is known which end of a connection is the service:
 * - `handshake`: a SYN goes to it, a SYN-ACK comes from it
 * - `listener`: the socket listens
 * - `probe`: a segment that no TCP sends goes to it
 * - `ports`: only one of the two ports is below 32768, where Linux takes ports for clients from by default
 */
export type ServiceBy = "handshake" | "listener" | "probe" | "ports";

export interface Service {
  readonly address: string;
  readonly port: number;
  readonly by: ServiceBy;
}

/** Values that were counted apart; `isCut`: there were more. */
export interface DistinctValues {
  readonly size: number;
  readonly isCut: boolean;
  values(): Iterable<string>;
}

/** Segments by what they carry; one may count in several. */
export interface SegmentCounts {
  readonly syn: number;
  readonly synAck: number;
  readonly rst: number;
  readonly fin: number;
  readonly payload: number;
  /** ACK alone: no payload, no SYN, FIN or RST. */
  readonly bareAck: number;
  /** Flags that no TCP sends: none of SYN, ACK and RST, or SYN with FIN. */
  readonly senseless: number;
}

export interface Incident {
  readonly kind: Kind;
  readonly class: DropClass;
  readonly reason: string | undefined;
  readonly reasonSubsystem: string | undefined;
  /** The reason follows from the location: the kernel gives none. */
  readonly reasonInferred: boolean;
  /** What of the reason it is: the id of a row of reasons/. */
  readonly variant: string | undefined;
  /** Like "tcp_v4_rcv+0x91". */
  readonly location: string | undefined;
  /** Its function. */
  readonly function: string | undefined;
  readonly advice: string;
  readonly ip: 4 | 6 | undefined;
  readonly direction: Direction;
  readonly netns: number | undefined;
  readonly ifname: string | undefined;
  readonly ifindex: number | undefined;
  /** Where it was to leave, of what is forwarded; absent where no route was known yet. */
  readonly outIfname: string | undefined;
  readonly outIfindex: number | undefined;
  /** What a segment that was too big was compared with. */
  readonly mtu: number | undefined;
  readonly service: Service | undefined;
  /** Drops, or refused SYNs. */
  readonly count: number;
  /** True: more drops at this site were not looked at one by one, and may belong here. */
  readonly isAtLeast: boolean;
  /** True: refused SYNs were counted, and some of them may have been drops with an event. */
  readonly isAtMost: boolean;
  /** False: events stand for what came in more than a second, so that seconds do not show how fast it came. */
  readonly hasSeconds: boolean;
  readonly firstNs: bigint | undefined;
  readonly lastNs: bigint | undefined;
  /** Drops by second of the clock, seconds since 1970: those that were the last, the newest last. */
  readonly bySecond: readonly (readonly [second: number, count: number])[];
  readonly peakPerSecond: number;
  /** Addresses of the other end. */
  readonly peers: DistinctValues;
  /** "address port" of the other end. */
  readonly connections: DistinctValues;
  readonly segments: SegmentCounts;
  /** Whose they were, most first; empty where owners were not looked for. */
  readonly owners: readonly OwnerCount[];
  /** States of sockets, and how often. */
  readonly states: ReadonlyMap<string, number>;
  /** Longest skb, in bytes of TCP payload. */
  readonly maxPayload: number;
  /** The first one, preferably one with a stack. */
  readonly example: Event | undefined;
  /** Functions of the example's stack, innermost first; empty where none was taken. */
  readonly callers: readonly string[];
}

/** "tcp_v4_rcv+0x91 [module]" to "tcp_v4_rcv"; undefined for a bare address. */
export function functionOf(location: string | undefined): string | undefined {
  return /^([A-Za-z_][\w.$]*)/.exec(location ?? "")?.[1];
}

/** "192.0.2.2:80", "[2001:db8::2]:80". */
export function endpointText({ address, port }: Pick<Service, "address" | "port">): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
