/** The device that a received packet was to leave by. */
import { DecodeError } from "../../../errors.ts";
import type { Device } from "../../../model/index.ts";
import { Interner } from "../../../model/interner.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { sectionOffsets, type TailAt, tailAt } from "../../core/record-reader.ts";
import { keyLayout, type RecordView } from "../../core/record-view.ts";
import { transitDevice } from "../../core/transit.ts";
import { transit } from "./transit.ts";

export type WayOut = Pick<Device, "outIfindex" | "outIfname" | "mtu">;

const { ifname, ifindex, mtu } = transitDevice.fields;
const SIZE = { words: transitDevice.size / 4, sets: 64 };
/** It is looked up where the tail begins. */
const KEY = keyLayout(
  1,
  [
    [ifindex.offset, 4],
    [mtu.offset, 4],
  ],
  [[ifname.offset, ifname.size]],
);

export class TransitReader {
  readonly #view: RecordView;
  /** Undefined where no record has one. */
  readonly #bytesAt: number | undefined;
  readonly #tailAt: TailAt;
  readonly #ways: Interner<WayOut>;

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#bytesAt = sectionOffsets(layout, transit)?.transitBytes;
    this.#tailAt = tailAt(layout, transit);
    this.#ways = new Interner<WayOut>(view.words, SIZE, (word) => {
      const at = 4 * word;
      return Object.freeze({
        outIfindex: view.u32(at + ifindex.offset),
        outIfname: view.name(at + ifname.offset),
        mtu: view.u32(at + mtu.offset) || undefined,
      });
    });
  }

  /** Undefined where none is known. A DecodeError where its length does not fit the record. */
  read(base: number, length: number): WayOut | undefined {
    const view = this.#view;
    if (this.#bytesAt === undefined) return undefined;
    const bytes = view.u16(base + this.#bytesAt);
    if (bytes === 0) return undefined;
    const begin = this.#tailAt(view, base);
    if (bytes !== transitDevice.size || begin + bytes > length)
      throw new DecodeError("transit", this.#bytesAt, `${bytes} bytes in a record of ${length}`);
    return this.#ways.get((base + begin) >>> 2, KEY, 0);
  }
}
