/**
 * Records to RawDrop: reads the layout that the program wrote (capture/core/record.ts), and copies everything out of
 * the ring.
 */
import { CheckedView } from "../bytes/checked-view.ts";
import { formatIpv4, formatIpv6 } from "../bytes/format-address.ts";
import { dropRecord, FIXED_BYTES, MAX_FRAMES, PRESENT } from "../capture/core/record.ts";
import { TCP_STATES } from "../capture/core/tcp-states.ts";
import { DecodeError } from "../errors.ts";
import { ADDRESS_SOURCES, TCP_FLAGS, type TcpFlag } from "../event.ts";
import { KeptTexts } from "./kept-texts.ts";
import type { RawDrop } from "./raw-drop.ts";
import { StackCache } from "./stack-cache.ts";

/** Where each field is in a record: looked up once, for this is the hot path. */
const AT = offsetsOf(dropRecord.fields);
/** In the order of DIRECTION in capture/core/record.ts. */
const DIRECTIONS = ["unknown", "received", "tx"] as const;
/** The 256 possible flag bytes, once: frozen, since all drops share them. */
const FLAGS: readonly (readonly TcpFlag[])[] = Array.from({ length: 256 }, (_unused, bits) =>
  Object.freeze(TCP_FLAGS.filter((_flag, bit) => (bits & (1 << bit)) !== 0)),
);

/** gso_segs is 16 bits wide. */
const U16_MAX = 0xffff;
/** Of comm and ifname. */
const NAME_BYTES = 16;
/** Distinct stacks in each of the cache's two generations; a kernel under load shows some hundreds. */
const STACKS = 2048;

/** Decodes records out of one block of memory, the ring's data. */
export class DropDecoder {
  readonly #bytes: Uint8Array;
  readonly #view: CheckedView;
  readonly #names = new KeptTexts();
  readonly #addresses4 = new KeptTexts();
  readonly #addresses6 = new KeptTexts();
  readonly #stacks = new StackCache<Uint32Array>(STACKS);
  readonly #frames = new Uint32Array(2 * MAX_FRAMES);
  readonly #makeName = (at: number): string => nameAt(this.#bytes, at);
  readonly #makeAddress4 = (at: number): string => formatIpv4(this.#bytes, at);
  readonly #makeAddress6 = (at: number): string => formatIpv6(this.#bytes, at);

  constructor(data: Uint8Array) {
    this.#bytes = data;
    this.#view = new CheckedView(data);
  }

  /**
   * The record at `offset`, `length` bytes long. A DecodeError where it is not one; then nothing of it is
   * believed.
   */
  decode(offset: number, length: number): RawDrop {
    this.#check(offset, length);
    const view = this.#view;
    const present = view.u32(offset + AT.present);
    const ip = view.u8(offset + AT.ipVersion) === 6 ? 6 : 4;
    const tcp = present & PRESENT.tcp;
    const payloadLen = tcp === 0 ? undefined : payloadLength(view, offset, present);
    return {
      ktimeNs: view.u64(offset + AT.ktimeNs),
      cpu: view.u32(offset + AT.cpu),
      cpuPid: view.u32(offset + AT.tgid),
      cpuTid: view.u32(offset + AT.tid),
      cpuComm: this.#name(offset + AT.comm),
      ip,
      saddr: this.#address(ip, offset + AT.saddr),
      daddr: this.#address(ip, offset + AT.daddr),
      addressSource: oneOf(
        ADDRESS_SOURCES,
        view.u8(offset + AT.addressSource),
        AT.addressSource,
        "address source",
      ),
      sport: be16If(tcp, view, offset + AT.sport),
      dport: be16If(tcp, view, offset + AT.dport),
      flags: tcp === 0 ? undefined : FLAGS[view.u8(offset + AT.tcpFlags)],
      seq: be32If(tcp, view, offset + AT.seq),
      ack: be32If(tcp, view, offset + AT.ack),
      window: be16If(tcp, view, offset + AT.window),
      payloadLen,
      direction: oneOf(DIRECTIONS, view.u8(offset + AT.direction), AT.direction, "direction"),
      dstInputLow: view.low(offset + AT.dstInput),
      dstInputHigh: view.high(offset + AT.dstInput),
      tunnel: (present & PRESENT.tunnel) !== 0,
      copy: (present & PRESENT.copy) !== 0,
      ownMac: (present & PRESENT.ownMac) !== 0,
      filterTold: view.u32(offset + AT.filterTold),
      stackOmitted: (present & PRESENT.stackOmitted) !== 0,
      state: stateIf(present & PRESENT.state, view.u8(offset + AT.state)),
      skbLen: view.u32(offset + AT.skbLen),
      gsoSegs: segments(view.u16(offset + AT.gsoSegs), view.u16(offset + AT.gsoSize), payloadLen),
      reasonCode: u32If(present & PRESENT.reason, view, offset + AT.reason),
      locationLow: view.low(offset + AT.location),
      locationHigh: view.high(offset + AT.location),
      stack:
        (present & PRESENT.stack) === 0
          ? undefined
          : this.#stack(offset, length, view.u32(offset + AT.stackBytes)),
      netns: u32If(present & PRESENT.netns, view, offset + AT.netnsInum),
      ifindex: u32If(present & PRESENT.ifindex, view, offset + AT.ifindex),
      ifname: (present & PRESENT.ifname) === 0 ? undefined : this.#name(offset + AT.ifname),
      skCookie: (present & PRESENT.cookie) === 0 ? undefined : view.u64(offset + AT.skCookie),
      mark: view.u32(offset + AT.mark),
    };
  }

  /** Nothing outside the record is read after this. */
  #check(offset: number, length: number): void {
    if (length < FIXED_BYTES)
      throw new DecodeError("drop_record", 0, `${length} bytes are fewer than the fixed ${FIXED_BYTES}`);
    const { length: end } = this.#bytes;
    if (!(offset >= 0 && offset + length <= end))
      throw new DecodeError(
        "drop_record",
        offset,
        `${length} bytes wanted, ${Math.max(0, end - offset)} there`,
      );
    const ip = this.#view.u8(offset + AT.ipVersion);
    if (ip !== 4 && ip !== 6) throw new DecodeError("drop_record", AT.ipVersion, `IP version ${ip}`);
  }

  #address(ip: 4 | 6, at: number): string {
    const view = this.#view;
    if (ip === 4) return this.#addresses4.get(view.u32(at), 0, 0, 0, this.#makeAddress4, at);
    return this.#addresses6.get(
      view.u32(at),
      view.u32(at + 4),
      view.u32(at + 8),
      view.u32(at + 12),
      this.#makeAddress6,
      at,
    );
  }

  #name(at: number): string {
    const view = this.#view;
    return this.#names.get(
      view.u32(at),
      view.u32(at + 4),
      view.u32(at + 8),
      view.u32(at + 12),
      this.#makeName,
      at,
    );
  }

  /** Only the frames that travelled; a length that does not fit the record is a DecodeError. */
  #stack(offset: number, length: number, stackBytes: number): Uint32Array {
    if (stackBytes % 8 !== 0 || stackBytes > 8 * MAX_FRAMES || FIXED_BYTES + stackBytes > length)
      throw new DecodeError(
        "drop_record",
        AT.stackBytes,
        `a stack of ${stackBytes} bytes in a record of ${length}`,
      );
    const frames = this.#frames;
    const words = stackBytes / 4;
    this.#view.halves(offset + FIXED_BYTES, stackBytes / 8, frames);
    return this.#stacks.get(frames, words, () => frames.slice(0, words));
  }
}

/** Up to the first zero. */
function nameAt(bytes: Uint8Array, at: number): string {
  const end = bytes.subarray(at, at + NAME_BYTES).indexOf(0);
  return Buffer.from(bytes.subarray(at, at + (end < 0 ? NAME_BYTES : end))).toString("utf8");
}

function offsetsOf<K extends string>(
  fields: Readonly<Record<K, { readonly offset: number }>>,
): Readonly<Record<K, number>> {
  const entries = Object.entries(fields) as [K, { readonly offset: number }][];
  return Object.fromEntries(entries.map(([name, { offset }]) => [name, offset])) as Record<K, number>;
}

function u32If(present: number, view: CheckedView, at: number): number | undefined {
  return present === 0 ? undefined : view.u32(at);
}

function be16If(present: number, view: CheckedView, at: number): number | undefined {
  return present === 0 ? undefined : view.be16(at);
}

function be32If(present: number, view: CheckedView, at: number): number | undefined {
  return present === 0 ? undefined : view.be32(at);
}

/** An unknown state is its number. */
function stateIf(present: number, state: number): string | undefined {
  return present === 0 ? undefined : (TCP_STATES[state] ?? String(state));
}

/**
 * Bytes after the TCP header. The IP header's length leaves out padding that a short frame carries; it is 0
 * for BIG TCP, and then the skb's own length tells. An skb without an IP header begins with the TCP header.
 */
function payloadLength(view: CheckedView, base: number, present: number): number {
  const tcpHeaderLen = view.u8(base + AT.tcpHeaderLen);
  if ((present & PRESENT.ip) === 0) return Math.max(0, view.u32(base + AT.skbLen) - tcpHeaderLen);
  const total = view.u32(base + AT.ipTotalLen);
  const there = view.u32(base + AT.l3Len);
  const packet = total === 0 ? there : Math.min(there, total);
  return Math.max(0, packet - view.u16(base + AT.ipHeaderLen) - tcpHeaderLen);
}

/**
 * Who glues packets together outside the kernel (a guest, a tap, a packet socket) tells gso_size alone:
 * gso_segs is 0 until somebody trusts the headers (SKB_GSO_DODGY, include/linux/skbuff.h).
 */
function segments(gsoSegs: number, gsoSize: number, payloadLen: number | undefined): number {
  const told =
    gsoSegs === 0 && gsoSize > 0 ? Math.min(U16_MAX, Math.ceil((payloadLen ?? 0) / gsoSize)) : gsoSegs;
  return Math.max(1, told);
}

function oneOf<T>(values: readonly T[], index: number, at: number, what: string): T {
  const value = values[index];
  if (value === undefined) throw new DecodeError("drop_record", at, `${what} ${index}`);
  return value;
}
