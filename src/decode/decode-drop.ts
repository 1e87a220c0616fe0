/**
 * Records to RawDrop: reads the layout that the program wrote (capture/core/record.ts), and copies everything out of
 * the ring.
 */
import { CheckedView } from "../bytes/checked-view.ts";
import { formatIpv4, formatIpv6 } from "../bytes/format-address.ts";
import { ADDRESS_SOURCE } from "../capture/core/facts.ts";
import { HOOK } from "../capture/core/record-head.ts";
import type { RecordLayout } from "../capture/core/record-layout.ts";
import {
  checkRecord,
  demandOffsets,
  HEAD,
  type Offsets,
  sectionOffsets,
  tailAt,
} from "../capture/core/record-reader.ts";
import { TCP_STATES } from "../capture/core/tcp-states.ts";
import { device, type deviceLayout } from "../capture/sections/device/device.ts";
import { flow, type flowLayout } from "../capture/sections/flow/flow.ts";
import { segment, type segmentLayout } from "../capture/sections/segment/segment.ts";
import { site, type siteLayout } from "../capture/sections/site/site.ts";
import { socket, type socketLayout } from "../capture/sections/socket/socket.ts";
import { MAX_FRAMES, STACK, type stackLayout } from "../capture/sections/stack/stack.ts";
import { task, type taskLayout } from "../capture/sections/task/task.ts";
import { verdict, type verdictLayout } from "../capture/sections/verdict/verdict.ts";
import { DecodeError } from "../errors.ts";
import { ADDRESS_SOURCES, type DropSource, TCP_FLAGS, type TcpFlag } from "../event.ts";
import { KeptTexts } from "./kept-texts.ts";
import type { RawDrop } from "./raw-drop.ts";
import { StackCache } from "./stack-cache.ts";

const RECORD = "drop_record";
/** In the order of DIRECTION in capture/core/facts.ts. */
const DIRECTIONS = ["unknown", "received", "tx"] as const;
const SOURCES: readonly (DropSource | undefined)[] = sourcesByHook({
  kfree_skb: HOOK.kfree_skb,
  tcp_drop: HOOK.tcp_drop,
});
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
  readonly #buffer = new Uint32Array(2 * MAX_FRAMES);
  readonly #makeName = (at: number): string => nameAt(this.#bytes, at);
  readonly #makeAddress4 = (at: number): string => formatIpv4(this.#bytes, at);
  readonly #makeAddress6 = (at: number): string => formatIpv6(this.#bytes, at);
  readonly #layout: RecordLayout<never>;
  readonly #site: Offsets<(typeof siteLayout)["fields"]>;
  readonly #flow: Offsets<(typeof flowLayout)["fields"]>;
  readonly #segment: Offsets<(typeof segmentLayout)["fields"]>;
  readonly #socket: Offsets<(typeof socketLayout)["fields"]>;
  readonly #device: Offsets<(typeof deviceLayout)["fields"]>;
  readonly #task: Offsets<(typeof taskLayout)["fields"]>;
  readonly #verdict: Offsets<(typeof verdictLayout)["fields"]> | undefined;
  readonly #stack: Offsets<(typeof stackLayout)["fields"]> | undefined;
  readonly #stackAt: (view: CheckedView, base: number) => number;

  /** Records of this layout, in these bytes. */
  constructor(data: Uint8Array, layout: RecordLayout<never>) {
    this.#bytes = data;
    this.#view = new CheckedView(data);
    this.#layout = layout;
    this.#site = demandOffsets(layout, site);
    this.#flow = demandOffsets(layout, flow);
    this.#segment = demandOffsets(layout, segment);
    this.#socket = demandOffsets(layout, socket);
    this.#device = demandOffsets(layout, device);
    this.#task = demandOffsets(layout, task);
    this.#verdict = sectionOffsets(layout, verdict);
    this.#stack = sectionOffsets(layout, STACK);
    this.#stackAt = tailAt(layout, STACK);
  }

  /**
   * The record at `offset`, `length` bytes long. A DecodeError where it is not one; then nothing of it is
   * believed.
   */
  decode(offset: number, length: number): RawDrop {
    const view = this.#view;
    checkRecord(this.#layout, RECORD, view, offset, length);
    const [atSite, atFlow, atSegment] = [this.#site, this.#flow, this.#segment];
    const [atSocket, atDevice, atTask] = [this.#socket, this.#device, this.#task];
    const version = view.u8(offset + atFlow.ipVersion);
    if (version !== 4 && version !== 6)
      throw new DecodeError(RECORD, atFlow.ipVersion, `IP version ${version}`);
    const source = view.u8(offset + atFlow.addressSource);
    const hasPorts = view.u8(offset + atFlow.hasPorts);
    const tcpHeaderLen = view.u8(offset + atSegment.tcpHeaderLen);
    const payloadLen = tcpHeaderLen === 0 ? undefined : payloadLength(view, offset, atSegment, tcpHeaderLen);
    return {
      source: oneOf(SOURCES, view.u8(offset + HEAD.hook), HEAD.hook, "hook"),
      ktimeNs: view.u64(offset + HEAD.ktimeNs),
      cpu: view.u32(offset + HEAD.cpu),
      cpuPid: view.u32(offset + atTask.tgid),
      cpuTid: view.u32(offset + atTask.tid),
      cpuComm: this.#name(offset + atTask.comm),
      ip: version,
      saddr: this.#address(version, offset + atFlow.saddr),
      daddr: this.#address(version, offset + atFlow.daddr),
      addressSource: oneOf(ADDRESS_SOURCES, source, atFlow.addressSource, "address source"),
      sport: be16If(hasPorts, view, offset + atFlow.sport),
      dport: be16If(hasPorts, view, offset + atFlow.dport),
      flags: tcpHeaderLen === 0 ? undefined : FLAGS[view.u8(offset + atSegment.tcpFlags)],
      seq: be32If(tcpHeaderLen, view, offset + atSegment.seq),
      ack: be32If(tcpHeaderLen, view, offset + atSegment.ack),
      window: be16If(tcpHeaderLen, view, offset + atSegment.window),
      payloadLen,
      direction: oneOf(DIRECTIONS, view.u8(offset + atFlow.direction), atFlow.direction, "direction"),
      dstInputLow: view.low(offset + atFlow.dstInput),
      dstInputHigh: view.high(offset + atFlow.dstInput),
      tunnel: source === ADDRESS_SOURCE.inner,
      copy: view.u8(offset + atSite.copy) !== 0,
      ownMac: view.u8(offset + atSite.ownMac) !== 0,
      filterTold: this.#verdict === undefined ? 0 : view.u32(offset + this.#verdict.bits),
      stackOmitted: this.#stack !== undefined && view.u8(offset + this.#stack.omitted) !== 0,
      state: stateOf(view.u8(offset + atSocket.state)),
      skbLen: view.u32(offset + atSegment.skbLen),
      gsoSegs: segments(
        view.u16(offset + atSegment.gsoSegs),
        view.u16(offset + atSegment.gsoSize),
        payloadLen,
      ),
      reasonCode: view.u8(offset + atSite.hasReason) === 0 ? undefined : view.u32(offset + atSite.reason),
      locationLow: view.low(offset + atSite.location),
      locationHigh: view.high(offset + atSite.location),
      stack: this.#stack === undefined ? undefined : this.#frames(offset, length, this.#stack.bytes),
      netns: view.u32(offset + atDevice.netnsInum) || undefined,
      ifindex: view.u32(offset + atDevice.ifindex) || undefined,
      ifname: view.u8(offset + atDevice.ifname) === 0 ? undefined : this.#name(offset + atDevice.ifname),
      skCookie: view.u64(offset + atSocket.cookie) || undefined,
      mark: view.u32(offset + atSegment.mark),
    };
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
  #frames(offset: number, length: number, bytesAt: number): Uint32Array | undefined {
    const view = this.#view;
    const stackBytes = view.u16(offset + bytesAt);
    if (stackBytes === 0) return undefined;
    const at = this.#stackAt(view, offset);
    if (stackBytes % 8 !== 0 || stackBytes > 8 * MAX_FRAMES || at + stackBytes > length)
      throw new DecodeError(RECORD, bytesAt, `a stack of ${stackBytes} bytes in a record of ${length}`);
    const frames = this.#buffer;
    const words = stackBytes / 4;
    view.halves(offset + at, stackBytes / 8, frames);
    return this.#stacks.get(frames, words, () => frames.slice(0, words));
  }
}

function sourcesByHook(hooks: Readonly<Record<DropSource, number>>): readonly (DropSource | undefined)[] {
  const sources: (DropSource | undefined)[] = [];
  for (const [source, hook] of Object.entries(hooks)) sources[hook] = source as DropSource;
  return sources;
}

/** Up to the first zero. */
function nameAt(bytes: Uint8Array, at: number): string {
  const end = bytes.subarray(at, at + NAME_BYTES).indexOf(0);
  return Buffer.from(bytes.subarray(at, at + (end < 0 ? NAME_BYTES : end))).toString("utf8");
}

function be16If(present: number, view: CheckedView, at: number): number | undefined {
  return present === 0 ? undefined : view.be16(at);
}

function be32If(present: number, view: CheckedView, at: number): number | undefined {
  return present === 0 ? undefined : view.be32(at);
}

/** An unknown state is its number; 0 is none. */
function stateOf(state: number): string | undefined {
  return state === 0 ? undefined : (TCP_STATES[state] ?? String(state));
}

/**
 * Bytes after the TCP header. The IP header's length leaves out padding that a short frame carries; it is 0
 * for BIG TCP, and then the skb's own length tells. An skb without an IP header begins with the TCP header.
 */
function payloadLength(
  view: CheckedView,
  base: number,
  at: Offsets<(typeof segmentLayout)["fields"]>,
  tcpHeaderLen: number,
): number {
  const ipHeaderLen = view.u16(base + at.ipHeaderLen);
  if (ipHeaderLen === 0) return Math.max(0, view.u32(base + at.skbLen) - tcpHeaderLen);
  const total = view.u32(base + at.ipTotalLen);
  const there = view.u32(base + at.l3Len);
  const packet = total === 0 ? there : Math.min(there, total);
  return Math.max(0, packet - ipHeaderLen - tcpHeaderLen);
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

function oneOf<T>(values: readonly (T | undefined)[], index: number, at: number, what: string): T {
  const value = values[index];
  if (value === undefined) throw new DecodeError(RECORD, at, `${what} ${index}`);
  return value;
}
