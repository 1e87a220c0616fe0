/** Records to RawDrop: reads the layout that the program wrote (probe/record.ts), and copies everything out of the ring. */
import { ByteReader } from "../bytes/byte-reader.ts";
import { HOST_LITTLE_ENDIAN } from "../bytes/endian.ts";
import { DecodeError } from "../errors.ts";
import { ADDRESS_SOURCES, TCP_FLAGS, type TcpFlag } from "../event.ts";
import { dropRecord, FIXED_BYTES, MAX_FRAMES, PRESENT } from "../probe/record.ts";
import { TCP_STATES } from "../probe/tcp-states.ts";
import { formatIpv4, formatIpv6 } from "./format-address.ts";
import type { RawDrop } from "./raw-drop.ts";

const F = dropRecord.fields;
/** In the order of DIRECTION in probe/record.ts. */
const DIRECTIONS = ["unknown", "received", "tx"] as const;
/** The 256 possible flag bytes, once. */
const FLAGS: readonly (readonly TcpFlag[])[] = Array.from({ length: 256 }, (_unused, bits) => TCP_FLAGS.filter((_flag, bit) => (bits & (1 << bit)) !== 0));

/** gso_segs is 16 bits wide. */
const U16_MAX = 0xffff;

type Read = (field: { readonly offset: number }) => number;

interface Reads {
  readonly u8: Read;
  readonly u16: Read;
  readonly u32: Read;
  readonly be16: Read;
  readonly be32: Read;
}

/** Decodes records out of one block of memory, the ring's data. */
export class DropDecoder {
  readonly #data: ByteReader;
  readonly #names = new Map<string, string>();

  constructor(data: Uint8Array) {
    this.#data = new ByteReader(data, "drop_record");
  }

  /** The record at `offset`, `length` bytes long. A DecodeError where it is not one; then nothing of it is believed. */
  decode(offset: number, length: number): RawDrop {
    const reads = this.#reads(offset);
    const { u8, u16, u32 } = reads;
    if (length < FIXED_BYTES) throw new DecodeError("drop_record", 0, `${length} bytes are fewer than the fixed ${FIXED_BYTES}`);
    this.#data.need(offset, length);
    const present = u32(F.present);
    const ifPresent = <V>(bit: number, read: () => V): V | undefined => ((present & bit) === 0 ? undefined : read());
    const location = this.#halves(offset + F.location.offset);
    const header = tcpHeader(present, reads);
    return {
      ktimeNs: this.#data.u64(offset + F.ktimeNs.offset),
      cpu: u32(F.cpu),
      cpuPid: u32(F.tgid),
      cpuTid: u32(F.tid),
      cpuComm: this.#name(offset + F.comm.offset),
      ...this.#addresses(offset, reads),
      ...header,
      direction: oneOf(DIRECTIONS, u8(F.direction), F.direction, "direction"),
      dstInput: this.#data.u64(offset + F.dstInput.offset),
      tunnel: (present & PRESENT.tunnel) !== 0,
      copy: (present & PRESENT.copy) !== 0,
      ownMac: (present & PRESENT.ownMac) !== 0,
      stackOmitted: (present & PRESENT.stackOmitted) !== 0,
      state: ifPresent(PRESENT.state, () => TCP_STATES[u8(F.state)] ?? String(u8(F.state))),
      skbLen: u32(F.skbLen),
      gsoSegs: segments(u16(F.gsoSegs), u16(F.gsoSize), header.payloadLen),
      reasonCode: ifPresent(PRESENT.reason, () => u32(F.reason)),
      locationLow: location.low,
      locationHigh: location.high,
      stack: ifPresent(PRESENT.stack, () => this.#stack(offset, length, u32(F.stackBytes))),
      netns: ifPresent(PRESENT.netns, () => u32(F.netnsInum)),
      ifindex: ifPresent(PRESENT.ifindex, () => u32(F.ifindex)),
      ifname: ifPresent(PRESENT.ifname, () => this.#name(offset + F.ifname.offset)),
      skCookie: ifPresent(PRESENT.cookie, () => this.#data.u64(offset + F.skCookie.offset)),
      mark: u32(F.mark),
    };
  }

  #addresses(offset: number, { u8 }: Reads): Pick<RawDrop, "ip" | "saddr" | "daddr" | "addressSource"> {
    const ip = u8(F.ipVersion);
    if (ip !== 4 && ip !== 6) throw new DecodeError("drop_record", F.ipVersion.offset, `IP version ${ip}`);
    const format = ip === 4 ? formatIpv4 : formatIpv6;
    return {
      ip,
      saddr: format(this.#data.bytes, offset + F.saddr.offset),
      daddr: format(this.#data.bytes, offset + F.daddr.offset),
      addressSource: oneOf(ADDRESS_SOURCES, u8(F.addressSource), F.addressSource, "address source"),
    };
  }

  #reads(base: number): Reads {
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

type TcpPart = "sport" | "dport" | "flags" | "seq" | "ack" | "window" | "payloadLen";

/** All of these, or none: a TCP header was read or it was not. */
function tcpHeader(present: number, reads: Reads): Pick<RawDrop, TcpPart> {
  const { u8, be16, be32 } = reads;
  if ((present & PRESENT.tcp) === 0)
    return { sport: undefined, dport: undefined, flags: undefined, seq: undefined, ack: undefined, window: undefined, payloadLen: undefined };
  return {
    sport: be16(F.sport),
    dport: be16(F.dport),
    flags: FLAGS[u8(F.tcpFlags)],
    seq: be32(F.seq),
    ack: be32(F.ack),
    window: be16(F.window),
    payloadLen: payloadLength(present, reads),
  };
}

/**
 * Bytes after the TCP header. The IP header's length leaves out padding that a short frame carries; it is 0 for BIG TCP, and then
 * the skb's own length tells. An skb without an IP header begins with the TCP header.
 */
function payloadLength(present: number, { u8, u16, u32 }: Reads): number {
  const tcpHeaderLen = u8(F.tcpHeaderLen);
  if ((present & PRESENT.ip) === 0) return Math.max(0, u32(F.skbLen) - tcpHeaderLen);
  const total = u32(F.ipTotalLen);
  const packet = total === 0 ? u32(F.l3Len) : Math.min(u32(F.l3Len), total);
  return Math.max(0, packet - u16(F.ipHeaderLen) - tcpHeaderLen);
}

/**
 * Who glues packets together outside the kernel (a guest, a tap, a packet socket) tells gso_size alone: gso_segs is 0 until somebody
 * trusts the headers (SKB_GSO_DODGY, include/linux/skbuff.h).
 */
function segments(gsoSegs: number, gsoSize: number, payloadLen: number | undefined): number {
  const told = gsoSegs === 0 && gsoSize > 0 ? Math.min(U16_MAX, Math.ceil((payloadLen ?? 0) / gsoSize)) : gsoSegs;
  return Math.max(1, told);
}

function oneOf<T>(values: readonly T[], index: number, field: { readonly offset: number }, what: string): T {
  const value = values[index];
  if (value === undefined) throw new DecodeError("drop_record", field.offset, `${what} ${index}`);
  return value;
}
