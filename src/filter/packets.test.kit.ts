/**
 * Arbitrary TCP packets from the IP header on: options, extension headers, fragments, and cut short; read
 * here by a walk of our own.
 */
import fc from "fast-check";
import { COMMON_PORTS, COMMON_V4, COMMON_V6 } from "../filter-language/trees.test.kit.ts";

import type { DropClass, Outer, Owner } from "../model/index.ts";
import type { Source, TcpHeader, Unknown } from "./source.ts";

export interface Packet {
  /** What is there of it: at least all IP headers. */
  readonly bytes: Uint8Array;
  /** As the IP header says it. */
  readonly totalLength: number;
}

/** A packet as somebody would find it who knows only its bytes. */
export interface ReadPacket extends Packet {
  readonly family: 4 | 6;
  /** Bytes of IP header, extension headers included. */
  readonly headerLength: number;
  readonly tcp: TcpHeader;
  /** IPv6 extension headers stand between. */
  readonly extended: boolean;
}

export interface EventFacts {
  readonly reason: string | undefined;
  readonly reasonCode: number | undefined;
  readonly class: DropClass;
  readonly state: string | undefined;
  readonly direction: string;
  readonly netns: number | undefined;
  readonly "cpu-pid": number;
  readonly "cpu-comm": string;
  readonly owner?: Owner | undefined;
  readonly uid: number | undefined;
  readonly cgroup: bigint | undefined;
  readonly iface: string | undefined | Unknown;
  readonly outer?: Outer | undefined;
  readonly "out-iface": string | undefined;
  readonly mark: number;
  readonly location: string;
  readonly locationAddress: bigint;
}

const TCP_BYTES = 20;

const byte = fc.nat({ max: 255 });
const u16 = fc.nat({ max: 0xffff });
const u32 = fc.nat({ max: 0xffff_ffff });
const portOf = fc.oneof(fc.constantFrom(...COMMON_PORTS), u16);
const be16 = (value: number): readonly number[] => [(value >> 8) & 255, value & 255];
const be32 = (value: number): readonly number[] => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];

const tcpHeader = fc
  .record({
    sport: portOf,
    dport: portOf,
    seq: u32,
    ack: u32,
    words: fc.oneof(fc.constant(5), fc.integer({ min: 5, max: 15 })),
    flags: byte,
    window: u16,
    rest: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  })
  .map(({ sport, dport, seq, ack, words, flags, window, rest }) => [
    ...[...be16(sport), ...be16(dport), ...be32(seq), ...be32(ack), words << 4, flags, ...be16(window)],
    ...rest.subarray(0, 4 * words - 16),
  ]);
const payload = fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ maxLength: 40 }));
const segment = fc.tuple(tcpHeader, payload).map(([header, data]) => [...header, ...data]);

const address4 = fc.oneof(fc.constantFrom(...COMMON_V4), u32);
const fragment4 = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 0x4000) },
  { weight: 1, arbitrary: fc.constant(0x2000) },
  { weight: 1, arbitrary: u16 },
);
const v4: fc.Arbitrary<readonly number[]> = fc
  .record({
    words: fc.oneof(fc.constant(5), fc.integer({ min: 5, max: 15 })),
    tos: byte,
    id: u16,
    fragment: fragment4,
    ttl: byte,
    source: address4,
    destination: address4,
    options: fc.uint8Array({ minLength: 40, maxLength: 40 }),
    segment,
  })
  .map(({ words, tos, id, fragment, ttl, source, destination, options, segment: rest }) => [
    ...[
      0x40 | words,
      tos,
      ...be16(4 * words + rest.length),
      ...be16(id),
      ...be16(fragment),
      ttl,
      6,
      0,
      0,
      ...be32(source),
      ...be32(destination),
    ],
    ...options.subarray(0, 4 * words - 20),
    ...rest,
  ]);

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION = 60;
interface Extension {
  readonly kind: number;
  /** Behind the next header's number. */
  readonly bytes: readonly number[];
}
const extension: fc.Arbitrary<Extension> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(HOP_BY_HOP, ROUTING, DESTINATION),
      fc.nat({ max: 2 }),
      fc.uint8Array({ minLength: 24, maxLength: 24 }),
    )
    .map(([kind, more, fill]) => ({
      kind,
      bytes: [more, ...fill.subarray(0, 8 * more + 6)],
    })),
  fc
    .tuple(fc.oneof({ weight: 2, arbitrary: fc.constantFrom(0, 1) }, { weight: 1, arbitrary: u16 }), u32)
    .map(([offset, id]) => ({ kind: FRAGMENT, bytes: [0, ...be16(offset), ...be32(id)] })),
  fc
    .tuple(fc.constantFrom(2, 4), fc.uint8Array({ minLength: 32, maxLength: 32 }))
    .map(([words, fill]) => ({ kind: AUTHENTICATION, bytes: [words, ...fill.subarray(0, 4 * words + 6)] })),
);
const address6: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constantFrom(...COMMON_V6).map((words): readonly number[] => words),
  fc.tuple(u32, u32, u32, u32),
);
const extensionsOf = fc.oneof(
  { weight: 3, arbitrary: fc.constant<readonly Extension[]>([]) },
  { weight: 1, arbitrary: fc.array(extension, { maxLength: 3 }) },
) as fc.Arbitrary<readonly Extension[]>;
const v6: fc.Arbitrary<readonly number[]> = fc
  .record({
    flow: fc.nat({ max: 0xfff_ffff }),
    hops: byte,
    source: address6,
    destination: address6,
    extensions: extensionsOf,
    segment,
  })
  .map(({ flow, hops, source, destination, extensions, segment: rest }) => {
    const kinds = [...extensions.map(({ kind }) => kind), 6];
    const chain = extensions.flatMap(({ bytes }, index) => [kinds[index + 1] ?? 6, ...bytes]);
    return [
      ...be32(0x6000_0000 + flow),
      ...be16(chain.length + rest.length),
      kinds[0] ?? 6,
      hops,
      ...source.flatMap(be32),
      ...destination.flatMap(be32),
      ...chain,
      ...rest,
    ];
  });

/** Some are cut short behind their IP headers, as what a driver left in the linear part. */
export const packet: fc.Arbitrary<ReadPacket> = fc
  .tuple(
    fc.oneof(v4, v6).filter(isSegment),
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
      { weight: 1, arbitrary: fc.nat({ max: 80 }) },
    ),
  )
  .map(([whole, cut]) => {
    const { headerLength } = readPacket({ bytes: Uint8Array.from(whole), totalLength: whole.length });
    return readPacket({
      bytes: Uint8Array.from(whole.slice(0, headerLength + cut)),
      totalLength: whole.length,
    });
  });

export function readPacket({ bytes, totalLength }: Packet): ReadPacket {
  const family = (bytes[0] ?? 0) >> 4 === 4 ? 4 : 6;
  const { headerLength, later } = family === 4 ? walk4(bytes) : walk6(bytes);
  const extended = family === 6 && headerLength > 40;
  return {
    bytes,
    totalLength,
    family,
    headerLength,
    extended,
    tcp: later ? "fragment" : headerLength + TCP_BYTES > bytes.length ? "unreadable" : "readable",
  };
}

/**
 * A later fragment begins with what the headers before it say, and not with another header: only where they
 * say TCP is it a segment's.
 */
function isSegment(whole: readonly number[]): boolean {
  return (whole[0] ?? 0) >> 4 === 4 || walk6(Uint8Array.from(whole)).last === 6;
}

interface Walked {
  readonly headerLength: number;
  /** A later fragment. */
  readonly later: boolean;
}

function walk4(bytes: Uint8Array): Walked {
  return { headerLength: 4 * ((bytes[0] ?? 0) & 15), later: (number(bytes, 6, 2) & 0x1fff) !== 0 };
}

function walk6(bytes: Uint8Array): Walked & { readonly last: number } {
  let [at, next] = [40, bytes[6] ?? 0];
  let later = false;
  while (next !== 6 && !later) {
    const length = bytes[at + 1] ?? 0;
    if (next === FRAGMENT) later = number(bytes, at + 2, 2) >> 3 !== 0;
    const kind = next;
    next = bytes[at] ?? 6;
    at += kind === FRAGMENT ? 8 : kind === AUTHENTICATION ? 4 * length + 8 : 8 * length + 8;
  }
  return { headerLength: at, later, last: next };
}

function number(bytes: Uint8Array, at: number, size: number): number {
  if (at < 0 || at + size > bytes.length) return Number.NaN;
  let value = 0;
  for (let index = 0; index < size; index += 1) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}

/** What a packet and, beside it, an event tell. */
export const testSource: Source<ReadPacket & EventFacts> = {
  family: ({ family }) => family,
  address: ({ bytes, family }, end) =>
    family === 4
      ? number(bytes, end === "src" ? 12 : 16, 4)
      : [0, 4, 8, 12].map((at) => number(bytes, (end === "src" ? 8 : 24) + at, 4)),
  tcpHeader: ({ tcp }) => tcp,
  port: ({ bytes, headerLength }, end) => number(bytes, headerLength + (end === "src" ? 0 : 2), 2),
  flags: ({ bytes, headerLength }) => number(bytes, headerLength + 13, 1),
  numbers: {
    len: ({ totalLength }) => totalLength,
    payload: ({ bytes, headerLength, totalLength, tcp }) =>
      tcp === "readable"
        ? Math.max(0, totalLength - headerLength - 4 * (number(bytes, headerLength + 12, 1) >> 4))
        : Number.NaN,
    bytes: ({ bytes, headerLength, tcp }, header, offset, size) => {
      if (header !== "tcp") return number(bytes, offset, size);
      return tcp === "readable" ? number(bytes, (headerLength + offset) % 2 ** 32, size) : Number.NaN;
    },
  },
  field: (word) => (of) => of[word as keyof EventFacts],
  owner: ({ owner }) => owner,
  outer: ({ outer }) => outer,
  reasonCode: ({ reasonCode }) => reasonCode,
  locationAddress: ({ locationAddress }) => locationAddress,
};

export const NO_FACTS: EventFacts = {
  reason: undefined,
  reasonCode: undefined,
  class: "loss",
  state: undefined,
  direction: "unknown",
  netns: undefined,
  "cpu-pid": 0,
  "cpu-comm": "",
  uid: undefined,
  cgroup: undefined,
  iface: undefined,
  "out-iface": undefined,
  mark: 0,
  location: "",
  locationAddress: 0n,
};
