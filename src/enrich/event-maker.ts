/**
 * Events of drops from records: each group read by its section's reader, the site named, the class decided.
 *
 * Everything is copied out of the ring. What comes again is the same object as before.
 */

import { HINT } from "../capture/core/facts.ts";
import type { RecordLayout } from "../capture/core/record-layout.ts";
import { checkRecord, HEAD, sectionOffsets } from "../capture/core/record-reader.ts";
import type { RecordView } from "../capture/core/record-view.ts";
import type { KernelSite } from "../capture/kinds/drop/site-totals.ts";
import { DeviceReader } from "../capture/sections/device/device-reader.ts";
import { FlowReader } from "../capture/sections/flow/flow-reader.ts";
import { OwnerReader } from "../capture/sections/owner/owner-reader.ts";
import { SegmentReader } from "../capture/sections/segment/segment-reader.ts";
import { SiteReader } from "../capture/sections/site/site-reader.ts";
import { SocketReader } from "../capture/sections/socket/socket-reader.ts";
import { StackReader } from "../capture/sections/stack/stack-reader.ts";
import { TaskReader } from "../capture/sections/task/task-reader.ts";
import { TunnelReader } from "../capture/sections/tunnel/tunnel-reader.ts";
import { verdict } from "../capture/sections/verdict/verdict.ts";
import type { WallClock } from "../host/wall-clock.ts";
import type {
  Direction,
  DropClass,
  DropDetail,
  DropEvent,
  DropSite,
  EventId,
  Packet,
  PacketFlow,
  ReasonName,
  SiteCount,
  Socket,
} from "../model/index.ts";
import { Interner } from "../model/interner.ts";
import { isNotUnicast } from "../reasons/index.ts";
import type { KnownSite, SiteVariant } from "./known-site.ts";
import type { ReasonNames } from "./reason-names.ts";
import { NOT_UNICAST, segmentFacts } from "./segment-facts.ts";
import { Sites, type SitesOptions } from "./sites.ts";
import type { Symbolizer } from "./symbolizer.ts";
import { WayIn } from "./way-in.ts";

/** What events are named by, and made for. */
export interface EventNaming extends SitesOptions {
  readonly names: ReasonNames;
  readonly symbolizer: Symbolizer;
  readonly clock: WallClock;
  /** False: stacks decide the class, and are left out of the events. */
  readonly stacks: boolean;
}

/** By COPY. */
const COPIES = [undefined, "socket", "timestamp"] as const;

const SITES = { words: 3, sets: 512 };

const PLAIN: DropDetail = Object.freeze({ stackOmitted: false, filterBits: 0 });
const OMITTED: DropDetail = Object.freeze({ stackOmitted: true, filterBits: 0 });

export class EventMaker {
  readonly #naming: EventNaming;
  readonly #names: Sites;
  readonly #sites: Interner<KnownSite>;
  readonly #wayIn: WayIn;
  readonly #layout: RecordLayout<never>;
  readonly #view: RecordView;
  readonly #verdictAt: number | undefined;
  readonly #siteReader: SiteReader;
  readonly #segments: SegmentReader;
  readonly #flows: FlowReader;
  readonly #tunnels: TunnelReader;
  readonly #devices: DeviceReader;
  readonly #sockets: SocketReader;
  readonly #owners: OwnerReader | undefined;
  readonly #tasks: TaskReader;
  readonly #stacks: StackReader<readonly string[]>;
  /** The reading of the symbols that sites and stacks are named by. */
  #reading = 0;
  /** Of the site of the drop that is being made. */
  #forwards = false;
  readonly #direction = (low: number, high: number): Direction => this.#wayIn.of(low, high, this.#forwards);

  /** `view` is the memory that records of this layout lie in. */
  constructor(view: RecordView, layout: RecordLayout<never>, naming: EventNaming) {
    this.#naming = naming;
    this.#names = new Sites(naming.names, naming.symbolizer, naming);
    this.#wayIn = new WayIn(naming.symbolizer);
    this.#layout = layout;
    this.#view = view;
    this.#verdictAt = sectionOffsets(layout, verdict)?.bits;
    this.#siteReader = new SiteReader(view, layout);
    this.#sites = new Interner(
      view.words,
      SITES,
      (word) => this.#siteAt(4 * word),
      (known) => known.recurs(),
    );
    this.#segments = new SegmentReader(view, layout);
    this.#flows = new FlowReader(view, layout);
    this.#tunnels = new TunnelReader(view, layout);
    this.#devices = new DeviceReader(view, layout);
    this.#sockets = new SocketReader(view, layout);
    this.#owners = OwnerReader.of(view, layout);
    this.#tasks = new TaskReader(view, layout);
    this.#stacks = new StackReader(view, layout, (words) =>
      Object.freeze([...naming.symbolizer.stack(words)]),
    );
  }

  /** What is the same for every event of a batch is read anew. */
  startBatch(): void {
    this.#naming.clock.refresh();
    this.#naming.symbolizer.startBatch();
  }

  /** What could not be named so far, and why: sentences for one warning each. */
  get problems(): readonly string[] {
    const { names, symbolizer } = this.#naming;
    return symbolizer.problem === undefined ? names.problems : [symbolizer.problem, ...names.problems];
  }

  /** The event of the record at `base`. A DecodeError where it is none; then nothing of it is believed. */
  make(base: number, length: number, id: EventId): DropEvent {
    const view = this.#view;
    checkRecord(this.#layout, "drop_record", view, base, length);
    if (this.#naming.symbolizer.readings !== this.#reading) this.#forgetNames();
    const frames = this.#stacks.read(base, length);
    const known = this.#siteOf(base, frames);
    const packet = this.#segments.read(base);
    const socket = this.#sockets.read(base);
    const ktimeNs = view.u64(base + HEAD.ktimeNs);
    const omitted = this.#stacks.isOmitted(base);
    this.#forwards = known.forwards;
    const flow = this.#flows.read(base, this.#direction);
    const { site, class: dropClass } = this.#variant(base, known, packet, flow, socket, frames);
    return {
      kind: "drop",
      id,
      timeNs: this.#naming.clock.toWallNs(ktimeNs),
      ktimeNs,
      class: dropClass,
      flow,
      outer: flow.tunnel ? this.#tunnels.read(base, length) : undefined,
      site,
      device: this.#devices.read(base, length, flow.direction),
      socket,
      identity: this.#owners?.read(base),
      task: this.#tasks.read(base),
      packet,
      stack: this.#naming.stacks && !omitted ? frames : undefined,
      detail: detailOf(omitted, this.#verdictAt === undefined ? 0 : view.u32(base + this.#verdictAt)),
      // Room for what a lookup fills: a property that is added later costs an array.
      owner: undefined,
      netns: undefined,
    };
  }

  #siteOf(base: number, frames: readonly string[] | undefined): KnownSite {
    const at = this.#siteReader;
    const known = this.#sites.get(base >>> 2, at.key(base), at.hook(base));
    return known.withStack(frames);
  }

  #siteAt(base: number): KnownSite {
    const at = this.#siteReader;
    return this.#names.at(at.low(base), at.high(base), at.reason(base), at.source(base));
  }

  #variant(
    base: number,
    known: KnownSite,
    packet: Packet,
    flow: PacketFlow,
    socket: Socket | undefined,
    stack: readonly string[] | undefined,
  ): SiteVariant {
    const at = this.#siteReader;
    const copy = at.copy(base);
    if (known.only !== undefined && COPIES[copy] === undefined) return known.only;
    const hints = at.hints(base);
    const ownMac = at.isForOwnMac(base);
    const { flags, payloadLen, skbLen } = packet;
    const { daddr } = flow;
    const flagBits = this.#segments.flagBits(base);
    const state = this.#sockets.state(base);
    let facts = segmentFacts(flagBits, state, payloadLen, skbLen, copy, hints, ownMac);
    if ((known.asked & NOT_UNICAST) !== 0 && isNotUnicast(daddr)) facts |= NOT_UNICAST;
    const before = known.known(facts, stack);
    if (before !== undefined) return before;
    return known.match(facts, {
      state: socket?.state,
      flags,
      payloadLen,
      skbLen,
      ownMac,
      copy: COPIES[copy],
      daddr,
      acksNewData: (hints & HINT.acksNewData) !== 0,
      windowClosed: (hints & HINT.windowClosed) !== 0,
      stack,
    });
  }

  #forgetNames(): void {
    this.#reading = this.#naming.symbolizer.readings;
    this.#sites.clear();
    this.#stacks.clear();
  }

  /** The class, if it is that of everything dropped at the site. */
  classOfAll(site: DropSite): DropClass | undefined {
    return this.#names.classOfAll(site);
  }

  /** A site of the kernel's totals by name. */
  site(total: KernelSite): Omit<SiteCount, "count" | "perSecond" | "lastNs"> {
    return this.#names.ofTotal(total);
  }

  /** Whether the class of drops there depends on the drop: `site` has the worst. */
  variesAt(total: KernelSite): boolean {
    return this.#names.variesAt(total);
  }

  /** Wall-clock time of a time of the kernel's. */
  wallNs(ktimeNs: bigint): bigint {
    return this.#naming.clock.toWallNs(ktimeNs);
  }

  /** A reason by its code alone. */
  reason(code: number): ReasonName {
    return this.#names.reason(code);
  }
}

function detailOf(stackOmitted: boolean, filterBits: number): DropDetail {
  if (filterBits !== 0) return { stackOmitted, filterBits };
  return stackOmitted ? OMITTED : PLAIN;
}
