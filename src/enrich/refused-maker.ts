/** Events of refused SYNs from records: each group read by its section's reader, as those of drops are. */
import type { RecordLayout } from "../capture/core/record-layout.ts";
import { checkRecord, demandOffsets, HEAD, type Offsets } from "../capture/core/record-reader.ts";
import type { RecordView } from "../capture/core/record-view.ts";
import { DeviceReader } from "../capture/sections/device/device-reader.ts";
import { FlowReader } from "../capture/sections/flow/flow-reader.ts";
import { LISTENER, type listenerLayout } from "../capture/sections/listener/listener.ts";
import { OwnerReader } from "../capture/sections/owner/owner-reader.ts";
import { site } from "../capture/sections/site/site.ts";
import { SocketReader } from "../capture/sections/socket/socket-reader.ts";
import { DecodeError } from "../errors.ts";
import type { WallClock } from "../host/wall-clock.ts";
import { type Direction, type EventId, REFUSED_CAUSES, type RefusedEvent } from "../model/index.ts";
import { recurs } from "../model/shared.ts";
import { refusedSite } from "../reasons/index.ts";

const RECORD = "refused_record";
/** A listener whose cookie nobody has asked for yet. */
const LISTENING = recurs(Object.freeze({ state: "LISTEN", skCookie: undefined }));

export class RefusedMaker {
  readonly #view: RecordView;
  readonly #layout: RecordLayout<never>;
  readonly #clock: WallClock;
  readonly #reasonAt: number;
  readonly #listenerAt: Offsets<(typeof listenerLayout)["fields"]>;
  readonly #flows: FlowReader;
  readonly #devices: DeviceReader;
  readonly #sockets: SocketReader;
  readonly #owners: OwnerReader | undefined;
  /** What a listening socket refuses is for this host. */
  readonly #wayIn = (): Direction => "rx";

  /** `view` is the memory that records of this layout lie in; `clock` is refreshed by others. */
  constructor(view: RecordView, layout: RecordLayout<never>, clock: WallClock) {
    this.#view = view;
    this.#layout = layout;
    this.#clock = clock;
    this.#reasonAt = demandOffsets(layout, site).reason;
    this.#listenerAt = demandOffsets(layout, LISTENER);
    this.#flows = new FlowReader(view, layout);
    this.#devices = new DeviceReader(view, layout);
    this.#sockets = new SocketReader(view, layout);
    this.#owners = OwnerReader.of(view, layout);
  }

  /** The event of the record at `base`. A DecodeError where it is none. */
  make(base: number, length: number, id: EventId): RefusedEvent {
    const view = this.#view;
    checkRecord(this.#layout, RECORD, view, base, length);
    const code = view.u32(base + this.#reasonAt);
    const cause = REFUSED_CAUSES[code];
    if (cause === undefined) throw new DecodeError(RECORD, this.#reasonAt, `cause ${code}`);
    const ktimeNs = view.u64(base + HEAD.ktimeNs);
    const timeNs = this.#clock.toWallNs(ktimeNs);
    return {
      kind: "refused",
      id,
      timeNs,
      ktimeNs,
      class: "loss",
      flow: this.#flows.read(base, this.#wayIn),
      outer: undefined,
      site: refusedSite("tcp_conn_request", cause),
      device: this.#devices.read(base, length, "rx"),
      socket: this.#sockets.read(base) ?? LISTENING,
      identity: this.#owners?.read(base),
      task: undefined,
      packet: undefined,
      stack: undefined,
      detail: {
        sinceNs: timeNs,
        count: 1,
        atMost: false,
        acceptQueue: view.u32(base + this.#listenerAt.ackBacklog),
        acceptQueueLimit: view.u32(base + this.#listenerAt.maxAckBacklog),
      },
    };
  }
}
