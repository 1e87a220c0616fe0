/**
 * Events from records: each group read by its reader (decode/groups), the site named, the class decided.
 *
 * Everything is copied out of the ring. What comes again is the same object as before.
 */
import { checkRecord } from "../decode/check-record.ts";
import { DeviceReader } from "../decode/groups/device.ts";
import { FlowReader } from "../decode/groups/flow.ts";
import { readPacket } from "../decode/groups/packet.ts";
import { SocketReader } from "../decode/groups/socket.ts";
import { StackReader } from "../decode/groups/stack.ts";
import { TaskReader } from "../decode/groups/task.ts";
import { AT, keyLayout, part, RecordView } from "../decode/record-view.ts";
import { DecodeError } from "../errors.ts";
import type { WallClock } from "../host/wall-clock.ts";
import type {
  Direction,
  DropClass,
  DropDetail,
  DropEvent,
  DropSite,
  EventId,
  Packet,
  ReasonName,
  SiteCount,
  Socket,
} from "../model/index.ts";
import { Interner } from "../model/interner.ts";
import { recurs } from "../model/shared.ts";
import { DIRECTION, PRESENT } from "../probe/record.ts";
import type { PlaceTotal } from "../probe/tracer.ts";
import type { ReasonNames } from "./reason-names.ts";
import { classOf, type KnownSite, Sites, type SitesOptions } from "./sites.ts";
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

const SITES = { words: 3, sets: 512 };
const WITH_REASON = keyLayout(1, [part("location"), part("reason")]);
const WITHOUT_REASON = keyLayout(2, [part("location")]);

const PLAIN: DropDetail = Object.freeze({ stackOmitted: false, filterBits: 0 });
const OMITTED: DropDetail = Object.freeze({ stackOmitted: true, filterBits: 0 });

export class EventMaker {
  readonly #naming: EventNaming;
  readonly #names: Sites;
  readonly #sites: Interner<KnownSite>;
  readonly #wayIn: WayIn;
  readonly #view: RecordView;
  readonly #flows: FlowReader;
  readonly #devices: DeviceReader;
  readonly #sockets: SocketReader;
  readonly #tasks: TaskReader;
  readonly #stacks: StackReader<readonly string[]>;
  /** The reading of the symbols that sites and stacks are named by. */
  #reading = 0;
  #lastId: EventId = 0;

  /** `data` is the memory that records lie in. */
  constructor(data: Uint8Array, naming: EventNaming) {
    this.#naming = naming;
    this.#names = new Sites(naming.names, naming.symbolizer, naming);
    this.#wayIn = new WayIn(naming.symbolizer);
    this.#view = new RecordView(data);
    this.#sites = new Interner(
      this.#view.words,
      SITES,
      (at) => this.#siteAt(4 * at),
      ({ site }) => recurs(site),
    );
    this.#flows = new FlowReader(this.#view);
    this.#devices = new DeviceReader(this.#view);
    this.#sockets = new SocketReader(this.#view);
    this.#tasks = new TaskReader(this.#view);
    this.#stacks = new StackReader(this.#view, (words) => Object.freeze([...naming.symbolizer.stack(words)]));
  }

  /** What is the same for every event of a batch is read anew. */
  startBatch(): void {
    this.#naming.clock.refresh();
  }

  /** What could not be named so far, and why: sentences for one warning each. */
  get problems(): readonly string[] {
    const { names, symbolizer } = this.#naming;
    return symbolizer.problem === undefined ? names.problems : [symbolizer.problem, ...names.problems];
  }

  /** For events of every kind: no two in a run have the same. */
  nextId(): EventId {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** The event of the record at `offset`. A DecodeError where it is none; then nothing of it is believed. */
  make(offset: number, length: number): DropEvent {
    const view = this.#view;
    checkRecord(view, offset, length);
    if (this.#naming.symbolizer.readings !== this.#reading) this.#forgetNames();
    const present = view.u32(offset + AT.present);
    const frames = (present & PRESENT.stack) === 0 ? undefined : this.#stacks.read(offset, length);
    const known = this.#siteOf(offset, present, frames);
    const packet = readPacket(view, offset, present);
    const socket = this.#sockets.read(offset, present);
    const ktimeNs = view.u64(offset + AT.ktimeNs);
    const omitted = (present & PRESENT.stackOmitted) !== 0;
    return {
      kind: "drop",
      id: this.nextId(),
      timeNs: this.#naming.clock.toWallNs(ktimeNs),
      ktimeNs,
      class: dropClass(known, present, packet, socket, frames),
      flow: this.#flows.read(offset, present, this.#direction(offset, known)),
      site: known.site,
      device: this.#devices.read(offset, present),
      socket,
      task: this.#tasks.read(offset),
      packet,
      stack: this.#naming.stacks && !omitted ? frames : undefined,
      detail: detailOf(omitted, view.u32(offset + AT.filterTold)),
    };
  }

  #siteOf(at: number, present: number, frames: readonly string[] | undefined): KnownSite {
    const layout = (present & PRESENT.reason) === 0 ? WITHOUT_REASON : WITH_REASON;
    const known = this.#sites.get(at >>> 2, layout, 0);
    return known.byInferred === undefined ? known : this.#names.withStack(known, frames);
  }

  #siteAt(at: number): KnownSite {
    const view = this.#view;
    const hasReason = (view.u32(at + AT.present) & PRESENT.reason) !== 0;
    const reason = hasReason ? view.u32(at + AT.reason) : undefined;
    return this.#names.at(view.low(at + AT.location), view.high(at + AT.location), reason);
  }

  #direction(at: number, { forwards }: KnownSite): Direction {
    const view = this.#view;
    const direction = view.u8(at + AT.direction);
    switch (direction) {
      case DIRECTION.rx:
        return this.#wayIn.of(view.low(at + AT.dstInput), view.high(at + AT.dstInput), forwards);
      case DIRECTION.tx:
        return "tx";
      case DIRECTION.unknown:
        return "unknown";
      default:
        throw new DecodeError("drop_record", AT.direction, `direction ${direction}`);
    }
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
  site(total: PlaceTotal): Omit<SiteCount, "count" | "perSecond"> {
    return { ...this.#names.ofTotal(total), lastNs: this.#naming.clock.toWallNs(total.lastNs) };
  }

  /** A reason by its code alone. */
  reason(code: number): ReasonName {
    return this.#names.reason(code);
  }
}

function dropClass(
  known: KnownSite,
  present: number,
  { flags, payloadLen }: Packet,
  socket: Socket | undefined,
  stack: readonly string[] | undefined,
): DropClass {
  if ((present & PRESENT.copy) !== 0) return "copy";
  if (known.rules.length === 0) return known.class;
  const ownMac = (present & PRESENT.ownMac) !== 0;
  return classOf(known, { state: socket?.state, flags, payloadLen, ownMac, stack });
}

function detailOf(stackOmitted: boolean, filterBits: number): DropDetail {
  if (filterBits !== 0) return { stackOmitted, filterBits };
  return stackOmitted ? OMITTED : PLAIN;
}
