/** The stack of a record: only the frames that travelled. */
import { DecodeError } from "../../../errors.ts";
import { Interner, type KeyLayout } from "../../../model/interner.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { type Offsets, sectionOffsets, type TailAt, tailAt } from "../../core/record-reader.ts";
import { type KeyPart, keyLayout, type RecordView } from "../../core/record-view.ts";
import { MAX_FRAMES, STACK, type stackLayout } from "./stack.ts";

const FRAME_BYTES = 8;
/**
 * By how many frames there are: a stack is looked up where it begins, not where its record does. The high
 * halves of the kernel's addresses hardly differ, and are not part of the hash.
 */
const KEYS: readonly KeyLayout[] = Array.from({ length: 1 + MAX_FRAMES }, (_unused, frames) => {
  const halves = (from: number): readonly KeyPart[] =>
    Array.from({ length: frames }, (_none, frame) => [FRAME_BYTES * frame + from, FRAME_BYTES / 2]);
  return keyLayout(1 + frames, halves(0), halves(FRAME_BYTES / 2));
});
/** A kernel under load shows some hundreds of distinct stacks. */
const SIZE = { words: 2 * MAX_FRAMES, sets: 1024 };

/** Stacks as `S`, which is made once of each: of its frames' addresses in halves, low first. */
export class StackReader<S extends object> {
  readonly #view: RecordView;
  /** Undefined where no record has frames. */
  readonly #at: Offsets<(typeof stackLayout)["fields"]> | undefined;
  readonly #tailAt: TailAt;
  readonly #stacks: Interner<S>;
  /** Of the stack that is read. */
  #frames = 0;

  constructor(view: RecordView, layout: RecordLayout<never>, make: (words: Uint32Array) => S) {
    this.#view = view;
    this.#at = sectionOffsets(layout, STACK);
    this.#tailAt = tailAt(layout, STACK);
    this.#stacks = new Interner(view.words, SIZE, (word) => {
      const halves = new Uint32Array(2 * this.#frames);
      view.halves(4 * word, this.#frames, halves);
      return make(halves);
    });
  }

  /** Undefined where there are no frames. A DecodeError where their length does not fit the record. */
  read(base: number, length: number): S | undefined {
    const view = this.#view;
    const at = this.#at;
    if (at === undefined) return undefined;
    const bytes = view.u16(base + at.bytes);
    if (bytes === 0) return undefined;
    const begin = this.#tailAt(view, base);
    const key = KEYS[bytes / FRAME_BYTES];
    if (key === undefined || begin + bytes > length)
      throw new DecodeError("stack", at.bytes, `a stack of ${bytes} bytes in a record of ${length}`);
    this.#frames = bytes / FRAME_BYTES;
    return this.#stacks.get((base + begin) >>> 2, key, 0);
  }

  /** Its site had its share of stacks; frames that are there all the same are for the class. */
  isOmitted(base: number): boolean {
    return this.#at !== undefined && this.#view.u8(base + this.#at.omitted) !== 0;
  }

  clear(): void {
    this.#stacks.clear();
  }
}
