/** The interface and network namespace of a record. */
import type { Device } from "../../model/index.ts";
import { Interner } from "../../model/interner.ts";
import { PRESENT } from "../../probe/record.ts";
import { AT, keyLayout, type Part, part, type RecordView } from "../record-view.ts";

const DEVICES = { words: 6, sets: 128 };
const BITS = PRESENT.netns | PRESENT.ifindex | PRESENT.ifname;
/** By what is there, which are neighbouring bits: a key without what is not. */
const SHIFT = 3;
const LAYOUTS = Array.from({ length: 8 }, (_unused, index) => {
  const has = (bit: number): boolean => ((index << SHIFT) & bit) !== 0;
  const numbers: readonly Part[] = [
    ...(has(PRESENT.netns) ? [part("netnsInum")] : []),
    ...(has(PRESENT.ifindex) ? [part("ifindex")] : []),
  ];
  const name: readonly Part[] = has(PRESENT.ifname) ? [part("ifname")] : [];
  return numbers.length === 0 ? keyLayout(1 + index, name) : keyLayout(1 + index, numbers, name);
});

export class DeviceReader {
  readonly #view: RecordView;
  readonly #devices: Interner<Device>;

  constructor(view: RecordView) {
    this.#view = view;
    this.#devices = new Interner(view.words, DEVICES, (at) => this.#device(4 * at));
  }

  /** Undefined where nothing is known of it. */
  read(at: number, present: number): Device | undefined {
    const bits = present & BITS;
    const layout = LAYOUTS[bits >>> SHIFT];
    return bits === 0 || layout === undefined ? undefined : this.#devices.get(at >>> 2, layout, bits);
  }

  #device(at: number): Device {
    const view = this.#view;
    const present = view.u32(at + AT.present);
    return Object.freeze({
      netns: (present & PRESENT.netns) === 0 ? undefined : view.u32(at + AT.netnsInum),
      ifindex: (present & PRESENT.ifindex) === 0 ? undefined : view.u32(at + AT.ifindex),
      ifname: (present & PRESENT.ifname) === 0 ? undefined : view.name(at + AT.ifname),
    });
  }
}
