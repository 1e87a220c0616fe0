/** The stack of a record: only the frames that travelled. */
import { DecodeError } from "../../errors.ts";
import { Interner, type KeyLayout } from "../../model/interner.ts";
import { FIXED_BYTES, MAX_FRAMES } from "../../probe/record.ts";
import { AT, keyLayout, type RecordView } from "../record-view.ts";

const FRAME_BYTES = 8;
/** A kernel under load shows some hundreds of distinct stacks. */
const STACKS = { words: 2 * MAX_FRAMES, sets: 1024 };
/** By how many frames there are. */
const LAYOUTS: readonly KeyLayout[] = Array.from({ length: 1 + MAX_FRAMES }, (_unused, frames) =>
  keyLayout(1 + frames, [[FIXED_BYTES, FRAME_BYTES * frames]]),
);

/** Stacks as `S`, which is made once of each: of its frames' addresses in halves, low first. */
export class StackReader<S extends object> {
  readonly #view: RecordView;
  readonly #stacks: Interner<S>;

  constructor(view: RecordView, make: (words: Uint32Array) => S) {
    this.#view = view;
    this.#stacks = new Interner(view.words, STACKS, (at) => {
      const frames = view.u32(4 * at + AT.stackBytes) / FRAME_BYTES;
      const halves = new Uint32Array(2 * frames);
      view.halves(4 * at + FIXED_BYTES, frames, halves);
      return make(halves);
    });
  }

  /** A DecodeError where the length of the stack does not fit the record. */
  read(at: number, length: number): S {
    const bytes = this.#view.u32(at + AT.stackBytes);
    const layout = LAYOUTS[bytes / FRAME_BYTES];
    if (layout === undefined || FIXED_BYTES + bytes > length)
      throw new DecodeError(
        "drop_record",
        AT.stackBytes,
        `a stack of ${bytes} bytes in a record of ${length}`,
      );
    return this.#stacks.get(at >>> 2, layout, 0);
  }

  clear(): void {
    this.#stacks.clear();
  }
}
