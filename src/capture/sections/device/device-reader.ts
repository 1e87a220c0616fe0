/** The interface and network namespace of a record. */
import type { Device } from "../../../model/index.ts";
import { Interner, type KeyLayout } from "../../../model/interner.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, type Offsets } from "../../core/record-reader.ts";
import { keyLayout, type RecordView } from "../../core/record-view.ts";
import { device, type deviceLayout } from "./device.ts";

const SIZE = { words: 6, sets: 128 };

export class DeviceReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof deviceLayout)["fields"]>;
  readonly #named: KeyLayout;
  readonly #unnamed: KeyLayout;
  readonly #devices: Interner<Device>;

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
  }

  /** Undefined where nothing is known of it. */
  read(base: number): Device | undefined {
    const view = this.#view;
    const at = this.#at;
    if (view.u8(base + at.ifname) !== 0) return this.#devices.get(base >>> 2, this.#named, 0);
    if (view.u32(base + at.netnsInum) === 0 && view.u32(base + at.ifindex) === 0) return undefined;
    return this.#devices.get(base >>> 2, this.#unnamed, 0);
  }

  #device(base: number): Device {
    const view = this.#view;
    const at = this.#at;
    return Object.freeze({
      netns: view.u32(base + at.netnsInum) || undefined,
      ifindex: view.u32(base + at.ifindex) || undefined,
      ifname: view.u8(base + at.ifname) === 0 ? undefined : view.name(base + at.ifname),
    });
  }
}
