/** The interface and network namespace of a record. */

import { PRESENT } from "../../capture/core/record.ts";
import type { Device } from "../../model/index.ts";
import { Interner } from "../../model/interner.ts";
import { shared } from "../../model/shared.ts";
import { AT, type RecordView } from "../record-view.ts";

const NAME_WORDS = 4;
const SIZE = { words: 3 + NAME_WORDS, sets: 128 };
const BITS = PRESENT.netns | PRESENT.ifindex | PRESENT.ifname;

export class DeviceReader {
  readonly #view: RecordView;
  readonly #devices = new Interner<Device>(SIZE);
  #present = 0;
  readonly #make = (at: number): Device => this.#device(at);

  constructor(view: RecordView) {
    this.#view = view;
  }

  /** Undefined where nothing is known of it. */
  read(at: number, present: number): Device | undefined {
    const bits = present & BITS;
    if (bits === 0) return undefined;
    this.#present = bits;
    const view = this.#view;
    const { key } = this.#devices;
    key[0] = bits;
    key[1] = (bits & PRESENT.netns) === 0 ? 0 : view.u32(at + AT.netnsInum);
    key[2] = (bits & PRESENT.ifindex) === 0 ? 0 : view.u32(at + AT.ifindex);
    const hasName = (bits & PRESENT.ifname) !== 0;
    if (hasName) view.words(at + AT.ifname, NAME_WORDS, key, 3);
    return this.#devices.get(hasName ? 3 + NAME_WORDS : 3, this.#make, at);
  }

  #device(at: number): Device {
    const view = this.#view;
    const present = this.#present;
    return shared({
      netns: (present & PRESENT.netns) === 0 ? undefined : view.u32(at + AT.netnsInum),
      ifindex: (present & PRESENT.ifindex) === 0 ? undefined : view.u32(at + AT.ifindex),
      ifname: (present & PRESENT.ifname) === 0 ? undefined : view.name(at + AT.ifname),
    });
  }
}
