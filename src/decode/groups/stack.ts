/** The stack of a record: only the frames that travelled. */

import { FIXED_BYTES, MAX_FRAMES } from "../../capture/core/record.ts";
import { DecodeError } from "../../errors.ts";
import { Interner } from "../../model/interner.ts";
import { AT, type RecordView } from "../record-view.ts";

/** A kernel under load shows some hundreds of distinct stacks. */
const SIZE = { words: 2 * MAX_FRAMES, sets: 1024 };

/** Stacks as `S`, which is made once of each: of its frames' addresses in halves, low first. */
export class StackReader<S> {
  readonly #view: RecordView;
  readonly #stacks = new Interner<S>(SIZE);
  readonly #make: (words: number) => S;

  constructor(view: RecordView, make: (words: Uint32Array) => S) {
    this.#view = view;
    this.#make = (words) => make(this.#stacks.key.slice(0, words));
  }

  /** A DecodeError where the length of the stack does not fit the record. */
  read(at: number, length: number): S {
    const bytes = this.#view.u32(at + AT.stackBytes);
    if (bytes % 8 !== 0 || bytes > 8 * MAX_FRAMES || FIXED_BYTES + bytes > length)
      throw new DecodeError(
        "drop_record",
        AT.stackBytes,
        `a stack of ${bytes} bytes in a record of ${length}`,
      );
    this.#view.halves(at + FIXED_BYTES, bytes / 8, this.#stacks.key);
    return this.#stacks.get(bytes / 4, this.#make, bytes / 4);
  }

  clear(): void {
    this.#stacks.clear();
  }
}
