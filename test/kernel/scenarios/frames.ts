/**
 * Packets of any form, valid or not, built header by header. By default, lengths and checksums are right.
 */
import { addressBytes, CLIENT, type Family, SERVER } from "../../../src/lab/hosts.ts";
import { internetChecksum as checksum } from "../../../src/lab/packet.ts";
import { ETH_P_IP, ETH_P_IPV6 } from "../../../src/sys/macros.ts";
import { PSH_ACK } from "./segments.ts";

/** linux/in.h, and next headers of RFC 8200, 4302 and 4303 */
export const PROTOCOL = {
  hopByHop: 0,
  ipip: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
  authentication: 51,
  destination: 60,
} as const;

export interface Addresses {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** From the client to the server. */
export function addresses(family: Family): Addresses {
  return { source: addressBytes(family, CLIENT), destination: addressBytes(family, SERVER) };
}

export interface TcpFields {
  readonly sport: number;
  readonly dport: number;
  readonly seq?: number;
  readonly ack?: number;
  /** Default: PSH|ACK. */
  readonly flags?: number;
  readonly window?: number;
  readonly options?: Uint8Array;
  /** In words of 4 bytes. */
  readonly dataOffset?: number;
  readonly payload?: Uint8Array;
}

/** A TCP header and its payload. */
export function tcp({ source, destination }: Addresses, fields: TcpFields): Uint8Array {
  const { options = new Uint8Array(0), payload = new Uint8Array(0) } = fields;
  const headerBytes = 20 + options.length;
  const bytes = new Uint8Array(headerBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, fields.sport);
  view.setUint16(2, fields.dport);
  view.setUint32(4, fields.seq ?? 1);
  view.setUint32(8, fields.ack ?? 1);
  view.setUint8(12, (fields.dataOffset ?? headerBytes / 4) << 4);
  view.setUint8(13, fields.flags ?? PSH_ACK);
  view.setUint16(14, fields.window ?? 0xffff);
  bytes.set(options, 20);
  bytes.set(payload, headerBytes);
  const pseudo = Uint8Array.of(0, PROTOCOL.tcp, bytes.length >> 8, bytes.length & 0xff);
  view.setUint16(16, checksum([source, destination, pseudo, bytes]));
  return bytes;
}

export interface Ipv4Fields extends Partial<Addresses> {
  /** Padded to a multiple of 4 by the caller. */
  readonly options?: Uint8Array;
  readonly protocol?: number;
  readonly id?: number;
  /** The offset of the payload in the packet, in bytes, and whether more fragments follow. */
  readonly fragment?: { readonly at: number; readonly more: boolean };
  readonly totalLen?: number;
  readonly version?: number;
  /** In words of 4 bytes. */
  readonly headerLen?: number;
  readonly checksumRight?: boolean;
}

export function ipv4(payload: Uint8Array, fields: Ipv4Fields = {}): Uint8Array {
  const {
    options = new Uint8Array(0),
    fragment = { at: 0, more: false },
    source,
    destination,
  } = { ...addresses(4), ...fields };
  const headerBytes = 20 + options.length;
  const bytes = new Uint8Array(headerBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, ((fields.version ?? 4) << 4) | (fields.headerLen ?? headerBytes / 4));
  view.setUint16(2, fields.totalLen ?? bytes.length);
  view.setUint16(4, fields.id ?? 0);
  view.setUint16(6, (fragment.more ? 0x2000 : 0) | (fragment.at / 8));
  view.setUint8(8, 64);
  view.setUint8(9, fields.protocol ?? PROTOCOL.tcp);
  bytes.set(source, 12);
  bytes.set(destination, 16);
  bytes.set(options, 20);
  view.setUint16(
    10,
    checksum([bytes.subarray(0, headerBytes)]) ^ (fields.checksumRight === false ? 0x5555 : 0),
  );
  bytes.set(payload, headerBytes);
  return bytes;
}

export interface Ipv6Fields extends Partial<Addresses> {
  readonly nextHeader?: number;
  readonly payloadLen?: number;
  readonly version?: number;
}

export function ipv6(payload: Uint8Array, fields: Ipv6Fields = {}): Uint8Array {
  const { source, destination } = { ...addresses(6), ...fields };
  const bytes = new Uint8Array(40 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (fields.version ?? 6) << 4);
  view.setUint16(4, fields.payloadLen ?? payload.length);
  view.setUint8(6, fields.nextHeader ?? PROTOCOL.tcp);
  view.setUint8(7, 64);
  bytes.set(source, 8);
  bytes.set(destination, 24);
  bytes.set(payload, 40);
  return bytes;
}

export function ip(
  family: Family,
  payload: Uint8Array,
  options: Partial<Addresses> & { readonly protocol?: number; readonly id?: number } = {},
): Uint8Array {
  const { protocol = PROTOCOL.tcp, id = 0, ...ends } = options;
  return family === 4
    ? ipv4(payload, { ...ends, protocol, id })
    : ipv6(payload, { ...ends, nextHeader: protocol });
}

/** A whole TCP packet from the client to the server; `id` is the IPv4 header's. */
export function tcpPacket(family: Family, fields: TcpFields, id = 0): Uint8Array {
  return ip(family, tcp(addresses(family), fields), { id });
}

type Macs = readonly [destination: Uint8Array, source: Uint8Array];

/** An Ethernet frame; default type: that of the IP version. `tags` precede it: type and TCI. */
export function ethernet(
  macs: Macs,
  packet: Uint8Array,
  type = etherType(packet),
  tags: readonly (readonly [type: number, tci: number])[] = [],
): Uint8Array {
  const words = [...tags.flat(), type];
  return Uint8Array.from([
    ...macs[0],
    ...macs[1],
    ...words.flatMap((word) => [word >> 8, word & 0xff]),
    ...packet,
  ]);
}

function etherType(packet: Uint8Array): number {
  return (packet[0] ?? 0) >> 4 === 6 ? ETH_P_IPV6 : ETH_P_IP;
}

export function udp(
  { source, destination }: Addresses,
  sport: number,
  dport: number,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, sport);
  view.setUint16(2, dport);
  view.setUint16(4, bytes.length);
  bytes.set(payload, 8);
  view.setUint16(
    6,
    checksum([
      source,
      destination,
      Uint8Array.of(0, PROTOCOL.udp, bytes.length >> 8, bytes.length & 0xff),
      bytes,
    ]),
  );
  return bytes;
}

/** A fragment of a packet from the client to the server: bytes `from` to `to` of its contents. */
export function fragment(
  family: Family,
  whole: Uint8Array,
  [from, to]: readonly [from: number, to: number],
  id: number,
): Uint8Array {
  const piece = whole.subarray(from, to);
  const more = to < whole.length;
  if (family === 4) return ipv4(piece, { id, fragment: { at: from, more } });
  const header = Uint8Array.of(
    PROTOCOL.tcp,
    0,
    from >> 8,
    (from & 0xf8) | Number(more),
    0,
    0,
    id >> 8,
    id & 0xff,
  );
  return ipv6(Buffer.concat([header, piece]), { nextHeader: PROTOCOL.fragment });
}
