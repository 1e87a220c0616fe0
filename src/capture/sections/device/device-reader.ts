/** The interfaces and the network namespace of a record. */
import type { Device, Direction } from "../../../model/index.ts";
import { Interner, type KeyLayout } from "../../../model/interner.ts";
import { recurs } from "../../../model/shared.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, type Offsets } from "../../core/record-reader.ts";
import { keyLayout, type RecordView } from "../../core/record-view.ts";
import { TransitReader, type WayOut } from "../transit/transit-reader.ts";
import { device, type deviceLayout } from "./device.ts";

const SIZE = { words: 6, sets: 128 };

/** Whether it is known to be sent from here: a tag of the interner. */
const [NOT_SENT, SENT] = [0, 1];

export class DeviceReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof deviceLayout)["fields"]>;
  readonly #named: KeyLayout;
  readonly #unnamed: KeyLayout;
  readonly #devices: Interner<Device>;
  readonly #transits: TransitReader;
  /** Of what is forwarded, by both of its devices. */
  readonly #pairs = new WeakMap<Device, WeakMap<WayOut, Device>>();
  #isSent = false;

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#at = demandOffsets(layout, device);
    const { netnsInum, ifindex, ifname } = this.#at;
    const { size } = device.layout.fields.ifname;
    this.#named = keyLayout(
      1,
      [
        [netnsInum, 4],
        [ifindex, 4],
      ],
      [[ifname, size]],
    );
    this.#unnamed = keyLayout(2, [
      [netnsInum, 4],
      [ifindex, 4],
    ]);
    this.#devices = new Interner(view.words, SIZE, (word) => this.#device(4 * word));
    this.#transits = new TransitReader(view, layout);
  }

  /** Undefined where nothing is known of it. */
  read(base: number, length: number, direction: Direction): Device | undefined {
    this.#isSent = direction === "tx";
    const own = this.#own(base);
    if (direction !== "forwarded" || own === undefined) return own;
    const out = this.#transits.read(base, length);
    return out === undefined ? own : this.#pair(own, out);
  }

  #own(base: number): Device | undefined {
    const view = this.#view;
    const at = this.#at;
    const tag = this.#isSent ? SENT : NOT_SENT;
    if (view.u8(base + at.ifname) !== 0) return this.#devices.get(base >>> 2, this.#named, tag);
    if (view.u32(base + at.netnsInum) === 0 && view.u32(base + at.ifindex) === 0) return undefined;
    return this.#devices.get(base >>> 2, this.#unnamed, tag);
  }

  #device(base: number): Device {
    const view = this.#view;
    const at = this.#at;
    const ifindex = view.u32(base + at.ifindex) || undefined;
    const ifname = view.u8(base + at.ifname) === 0 ? undefined : view.name(base + at.ifname);
    return Object.freeze({
      netns: view.u32(base + at.netnsInum) || undefined,
      ifindex,
      ifname,
      outIfindex: this.#isSent ? ifindex : undefined,
      outIfname: this.#isSent ? ifname : undefined,
      mtu: undefined,
    });
  }

  #pair(own: Device, out: WayOut): Device {
    let pairs = this.#pairs.get(own);
    if (pairs === undefined) {
      pairs = new WeakMap();
      this.#pairs.set(own, pairs);
    }
    const known = pairs.get(out);
    if (known !== undefined) {
      recurs(known);
      return known;
    }
    const made = Object.freeze({ ...own, ...out });
    pairs.set(out, made);
    return made;
  }
}
