/** The interface and network namespace of a record. */
import type { Device } from "../../../model/index.ts";
import { Interner } from "../../../model/interner.ts";
import { shared } from "../../../model/shared.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, type Offsets } from "../../core/record-reader.ts";
import type { RecordView } from "../../core/record-view.ts";
import { device, type deviceLayout } from "./device.ts";

const NAME_WORDS = 4;
const SIZE = { words: 2 + NAME_WORDS, sets: 128 };

export class DeviceReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof deviceLayout)["fields"]>;
  readonly #devices = new Interner<Device>(SIZE);
  readonly #make = (base: number): Device => this.#device(base);

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#at = demandOffsets(layout, device);
  }

  /** Undefined where nothing is known of it. */
  read(base: number): Device | undefined {
    const view = this.#view;
    const at = this.#at;
    const netns = view.u32(base + at.netnsInum);
    const ifindex = view.u32(base + at.ifindex);
    const hasName = view.u8(base + at.ifname) !== 0;
    if (netns === 0 && ifindex === 0 && !hasName) return undefined;
    const { key } = this.#devices;
    key[0] = netns;
    key[1] = ifindex;
    if (hasName) view.words(base + at.ifname, NAME_WORDS, key, 2);
    return this.#devices.get(hasName ? SIZE.words : 2, this.#make, base);
  }

  #device(base: number): Device {
    const view = this.#view;
    const at = this.#at;
    return shared({
      netns: view.u32(base + at.netnsInum) || undefined,
      ifindex: view.u32(base + at.ifindex) || undefined,
      ifname: view.u8(base + at.ifname) === 0 ? undefined : view.name(base + at.ifname),
    });
  }
}
