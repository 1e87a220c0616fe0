/** Builds Ethernet frames with TCP segments, and parses captured ones. */

export interface Segment {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  /** FIN 1, SYN 2, RST 4, PSH 8, ACK 16 */
  readonly flags: number;
  readonly payload?: Uint8Array;
  readonly window?: number;
  readonly ttl?: number;
  /** False: the checksum is off by one. */
  readonly checksumRight?: boolean;
}

export const ETHERNET_BYTES = 14;
export const TCP_BYTES = 20;
const DEFAULT_TTL = 64;

/** A whole frame. `macs` are destination and source addresses. */
export function frame(
  segment: Segment,
  macs: readonly [destination: Uint8Array, source: Uint8Array],
): Uint8Array {
  const v6 = segment.source.length === 16;
  const ipBytes = v6 ? 40 : 20;
  const payload = segment.payload ?? new Uint8Array(0);
  const bytes = new Uint8Array(ETHERNET_BYTES + ipBytes + TCP_BYTES + payload.length);
  bytes.set(macs[0], 0);
  bytes.set(macs[1], 6);
  put16(bytes, 12, v6 ? 0x86dd : 0x0800);
  const tcp = bytes.subarray(ETHERNET_BYTES + ipBytes);
  putTcp(tcp, segment, payload);
  const ip = bytes.subarray(ETHERNET_BYTES, ETHERNET_BYTES + ipBytes);
  if (v6) putIpv6(ip, segment, tcp.length);
  else putIpv4(ip, segment, tcp.length);
  const sum = internetChecksum([
    segment.source,
    segment.destination,
    Uint8Array.of(0, 6, tcp.length >> 8, tcp.length & 0xff),
    tcp,
  ]);
  put16(tcp, 16, segment.checksumRight === false ? (sum ^ 0x5555) & 0xffff : sum);
  return bytes;
}

function putTcp(
  tcp: Uint8Array,
  { sourcePort, destinationPort, seq, ack, flags, window }: Segment,
  payload: Uint8Array,
): void {
  put16(tcp, 0, sourcePort);
  put16(tcp, 2, destinationPort);
  put32(tcp, 4, seq);
  put32(tcp, 8, ack);
  tcp[12] = (TCP_BYTES / 4) << 4;
  tcp[13] = flags;
  put16(tcp, 14, window ?? 0xffff);
  tcp.set(payload, TCP_BYTES);
}

function putIpv4(ip: Uint8Array, { source, destination, ttl }: Segment, tcpBytes: number): void {
  ip[0] = 0x45;
  put16(ip, 2, 20 + tcpBytes);
  ip[8] = ttl ?? DEFAULT_TTL;
  ip[9] = 6;
  ip.set(source, 12);
  ip.set(destination, 16);
  put16(ip, 10, internetChecksum([ip]));
}

function putIpv6(ip: Uint8Array, { source, destination, ttl }: Segment, tcpBytes: number): void {
  ip[0] = 0x60;
  put16(ip, 4, tcpBytes);
  ip[6] = 6;
  ip[7] = ttl ?? DEFAULT_TTL;
  ip.set(source, 8);
  ip.set(destination, 24);
}

/** RFC 1071, over parts that begin at even offsets. */
export function internetChecksum(parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts)
    for (const [index, byte] of part.entries()) sum += index % 2 === 0 ? byte << 8 : byte;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

/** The parts of a captured segment that scenes need. */
export interface SeenSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  /** The header's 16 bits, unscaled. */
  readonly window: number;
  readonly payloadLength: number;
}

/** Parses a frame's TCP header; undefined if there is none (or the frame has IP options). */
export function parseFrame(bytes: Uint8Array): SeenSegment | undefined {
  const v6 = bytes[12] === 0x86 && bytes[13] === 0xdd;
  const ip = ETHERNET_BYTES;
  const at = ip + (v6 ? 40 : 20);
  const protocol = bytes[ip + (v6 ? 6 : 9)];
  if (protocol !== 6 || bytes.length < at + TCP_BYTES) return undefined;
  const headerBytes = ((bytes[at + 12] ?? 0) >> 4) * 4;
  const ipLength = v6 ? 40 + get16(bytes, ip + 4) : get16(bytes, ip + 2);
  return {
    sourcePort: get16(bytes, at),
    destinationPort: get16(bytes, at + 2),
    seq: get32(bytes, at + 4),
    ack: get32(bytes, at + 8),
    flags: bytes[at + 13] ?? 0,
    window: get16(bytes, at + 14),
    payloadLength: ipLength - (v6 ? 40 : 20) - headerBytes,
  };
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value & 0xffff);
}

function get16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function get32(bytes: Uint8Array, at: number): number {
  return get16(bytes, at) * 0x1_0000 + get16(bytes, at + 2);
}
