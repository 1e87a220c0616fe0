/** The stack of a record: only the frames that travelled. */
import { DecodeError } from "../../../errors.ts";
import { Interner } from "../../../model/interner.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { type Offsets, sectionOffsets, type TailAt, tailAt } from "../../core/record-reader.ts";
import type { RecordView } from "../../core/record-view.ts";
import { MAX_FRAMES, STACK, type stackLayout } from "./stack.ts";

/** A kernel under load shows some hundreds of distinct stacks. */
const SIZE = { words: 2 * MAX_FRAMES, sets: 1024 };

/** Stacks as `S`, which is made once of each: of its frames' addresses in halves, low first. */
export class StackReader<S> {
  readonly #view: RecordView;
  /** Undefined where no record has frames. */
  readonly #at: Offsets<(typeof stackLayout)["fields"]> | undefined;
  readonly #tailAt: TailAt;
  readonly #stacks = new Interner<S>(SIZE);
  readonly #make: (words: number) => S;

  constructor(view: RecordView, layout: RecordLayout<never>, make: (words: Uint32Array) => S) {
    this.#view = view;
    this.#at = sectionOffsets(layout, STACK);
    this.#tailAt = tailAt(layout, STACK);
    this.#make = (words) => make(this.#stacks.key.slice(0, words));
  }

  /** Undefined where there are no frames. A DecodeError where their length does not fit the record. */
  read(base: number, length: number): S | undefined {
    const view = this.#view;
    const at = this.#at;
    if (at === undefined) return undefined;
    const bytes = view.u16(base + at.bytes);
    if (bytes === 0) return undefined;
    const begin = this.#tailAt(view, base);
    if (bytes % 8 !== 0 || bytes > 8 * MAX_FRAMES || begin + bytes > length)
      throw new DecodeError("stack", at.bytes, `a stack of ${bytes} bytes in a record of ${length}`);
    view.halves(base + begin, bytes / 8, this.#stacks.key);
    return this.#stacks.get(bytes / 4, this.#make, bytes / 4);
  }

  /** Its site had its share of stacks; frames that are there all the same are for the class. */
  isOmitted(base: number): boolean {
    return this.#at !== undefined && this.#view.u8(base + this.#at.omitted) !== 0;
  }

  clear(): void {
    this.#stacks.clear();
  }
}
