/** Records to RawDrop: reads the layout that the program wrote (probe/record.ts), and copies everything out of the ring. */
import { ByteReader } from "../bytes/byte-reader.ts";
import { HOST_LITTLE_ENDIAN } from "../bytes/endian.ts";
import { DecodeError } from "../errors.ts";
import { ADDRESS_SOURCES, TCP_FLAGS, type TcpFlag } from "../event.ts";
import { DIRECTION, dropRecord, FIXED_BYTES, MAX_FRAMES, PRESENT } from "../probe/record.ts";
import { TCP_STATES } from "../probe/tcp-states.ts";
import { formatIpv4, formatIpv6 } from "./format-address.ts";
import type { RawDrop } from "./raw-drop.ts";

const F = dropRecord.fields;
const DIRECTIONS = new Map([
  [DIRECTION.unknown, "unknown"],
  [DIRECTION.rx, "received"],
  [DIRECTION.tx, "tx"],
] as const);
/** The 256 possible flag bytes, once. */
const FLAGS: readonly (readonly TcpFlag[])[] = Array.from({ length: 256 }, (_unused, bits) => TCP_FLAGS.filter((_flag, bit) => (bits & (1 << bit)) !== 0));

/** Decodes records out of one block of memory, the ring's data. */
export class DropDecoder {
  readonly #data: ByteReader;
  readonly #names = new Map<string, string>();

  constructor(data: Uint8Array) {
    this.#data = new ByteReader(data, "drop_record");
  }

  /** The record at `offset`, `length` bytes long. A DecodeError where it is not one; then nothing of it is believed. */
  decode(offset: number, length: number): RawDrop {
    const { u8, u16, u32, be16, be32 } = this.#reads(offset);
    if (length < FIXED_BYTES) throw new DecodeError("drop_record", 0, `${length} bytes are fewer than the fixed ${FIXED_BYTES}`);
    this.#data.need(offset, length);
    const present = u32(F.present);
    const has = (bit: number): boolean => (present & bit) !== 0;
    const ipVersion = u8(F.ipVersion);
    if (ipVersion !== 4 && ipVersion !== 6) throw new DecodeError("drop_record", F.ipVersion.offset, `IP version ${ipVersion}`);
    const direction = DIRECTIONS.get(u8(F.direction) as 0 | 1 | 2);
    const addressSource = ADDRESS_SOURCES[u8(F.addressSource)];
    if (direction === undefined) throw new DecodeError("drop_record", F.direction.offset, `direction ${u8(F.direction)}`);
    if (addressSource === undefined) throw new DecodeError("drop_record", F.addressSource.offset, `address source ${u8(F.addressSource)}`);
    const address = ipVersion === 4 ? formatIpv4 : formatIpv6;
    const locationParts = this.#halves(offset + F.location.offset);
    return {
      ktimeNs: this.#data.u64(offset + F.ktimeNs.offset),
      cpu: u32(F.cpu),
      cpuPid: u32(F.tgid),
      cpuTid: u32(F.tid),
      cpuComm: this.#name(offset + F.comm.offset),
      ip: ipVersion,
      saddr: address(this.#data.bytes, offset + F.saddr.offset),
      daddr: address(this.#data.bytes, offset + F.daddr.offset),
      sport: has(PRESENT.ports) ? be16(F.sport) : undefined,
      dport: has(PRESENT.ports) ? be16(F.dport) : undefined,
      addressSource,
      direction,
      dstInput: this.#data.u64(offset + F.dstInput.offset),
      tunnel: has(PRESENT.tunnel),
      copy: has(PRESENT.copy),
      state: has(PRESENT.state) ? (TCP_STATES[u8(F.state)] ?? String(u8(F.state))) : undefined,
      flags: has(PRESENT.tcp) ? FLAGS[u8(F.tcpFlags)] : undefined,
      seq: has(PRESENT.tcp) ? be32(F.seq) : undefined,
      ack: has(PRESENT.tcp) ? be32(F.ack) : undefined,
      window: has(PRESENT.tcp) ? be16(F.window) : undefined,
      payloadLen: has(PRESENT.tcp) ? payloadLength(u32(F.skbLen), present, u32(F.l3Len), u32(F.ipTotalLen), u16(F.ipHeaderLen), u8(F.tcpHeaderLen)) : undefined,
      skbLen: u32(F.skbLen),
      gsoSegs: Math.max(1, u16(F.gsoSegs)),
      reasonCode: u32(F.reason),
      locationLow: locationParts.low,
      locationHigh: locationParts.high,
      stack: has(PRESENT.stack) ? this.#stack(offset, length, u32(F.stackBytes)) : undefined,
      netns: has(PRESENT.netns) ? u32(F.netnsInum) : undefined,
      ifindex: has(PRESENT.ifindex) ? u32(F.ifindex) : undefined,
      ifname: has(PRESENT.ifname) ? this.#name(offset + F.ifname.offset) : undefined,
      skCookie: has(PRESENT.cookie) ? this.#data.u64(offset + F.skCookie.offset) : undefined,
      mark: u32(F.mark),
    };
  }

  #reads(base: number) {
    const data = this.#data;
    return {
      u8: (field: { offset: number }) => data.u8(base + field.offset),
      u16: (field: { offset: number }) => data.u16(base + field.offset),
      u32: (field: { offset: number }) => data.u32(base + field.offset),
      be16: (field: { offset: number }) => data.be16(base + field.offset),
      be32: (field: { offset: number }) => data.be32(base + field.offset),
    };
  }

  #halves(at: number): { low: number; high: number } {
    const first = this.#data.u32(at);
    const second = this.#data.u32(at + 4);
    return HOST_LITTLE_ENDIAN ? { low: first, high: second } : { low: second, high: first };
  }

  /** Only the frames that travelled; a length that does not fit the record is a DecodeError. */
  #stack(offset: number, length: number, stackBytes: number): Uint32Array {
    if (stackBytes % 8 !== 0 || stackBytes > 8 * MAX_FRAMES || FIXED_BYTES + stackBytes > length)
      throw new DecodeError("drop_record", F.stackBytes.offset, `a stack of ${stackBytes} bytes in a record of ${length}`);
    const words = new Uint32Array(stackBytes / 4);
    for (let frame = 0; frame < words.length; frame += 2) {
      const { low, high } = this.#halves(offset + FIXED_BYTES + 4 * frame);
      words[frame] = low;
      words[frame + 1] = high;
    }
    return words;
  }

  /** 16 bytes up to the first zero. Few names come again and again, so texts are kept. */
  #name(at: number): string {
    const { bytes } = this.#data;
    let key = "";
    for (let index = at; index < at + 16 && bytes[index] !== 0; index += 1) key += String.fromCharCode(bytes[index] ?? 0);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const text = Buffer.from(key, "latin1").toString("utf8");
    if (this.#names.size > 1000) this.#names.clear();
    this.#names.set(key, text);
    return text;
  }
}

/**
 * Bytes after the TCP header. The IP header's length leaves out padding that a short frame carries; it is 0 for BIG TCP, and then
 * the skb's own length tells. An skb without an IP header begins with the TCP header.
 */
function payloadLength(skbLen: number, present: number, l3Len: number, ipTotalLen: number, ipHeaderLen: number, tcpHeaderLen: number): number {
  if ((present & PRESENT.ip) === 0) return Math.max(0, skbLen - tcpHeaderLen);
  const packet = ipTotalLen === 0 ? l3Len : Math.min(l3Len, ipTotalLen);
  return Math.max(0, packet - ipHeaderLen - tcpHeaderLen);
}
