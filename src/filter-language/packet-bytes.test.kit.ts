/** A packet with what a test says of it. */
import { TCP_FLAGS, type TcpFlag } from "../model/index.ts";
import { address4Of, parseIp6 } from "./addresses.ts";

export interface PacketFields {
  readonly saddr: string;
  readonly daddr: string;
  readonly sport: number;
  readonly dport: number;
  readonly flags?: readonly TcpFlag[];
  /** Bytes. */
  readonly payload?: number;
  /** Offset of an IPv4 fragment, in 8 bytes. */
  readonly fragment?: number;
}

/** From the IP header on; without checksums. */
export function packetBytes(fields: PacketFields): Uint8Array {
  const tcp = segmentBytes(fields);
  const [source6, destination6] = [parseIp6(fields.saddr), parseIp6(fields.daddr)];
  if (source6 !== undefined && destination6 !== undefined)
    return Uint8Array.from([
      ...be32(0x6000_0000),
      ...be16(tcp.length),
      6,
      64,
      ...source6.flatMap(be32),
      ...destination6.flatMap(be32),
      ...tcp,
    ]);
  const [source, destination] = [fields.saddr, fields.daddr].map((text) => address4Of(text)) as [
    number,
    number,
  ];
  const fixed = [0x45, 0, ...be16(20 + tcp.length), 0, 0, ...be16(fields.fragment ?? 0), 64, 6, 0, 0];
  return Uint8Array.from([...fixed, ...be32(source), ...be32(destination), ...tcp]);
}

function segmentBytes({ sport, dport, flags = [], payload = 0 }: PacketFields): readonly number[] {
  const bits = flags.reduce((sum, flag) => sum | (1 << TCP_FLAGS.indexOf(flag)), 0);
  return [
    ...be16(sport),
    ...be16(dport),
    ...be32(1000),
    ...be32(2000),
    0x50,
    bits,
    ...be16(512),
    0,
    0,
    0,
    0,
    ...new Array<number>(payload).fill(0x2a),
  ];
}

function be16(value: number): readonly number[] {
  return [value >> 8, value & 255];
}

function be32(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
