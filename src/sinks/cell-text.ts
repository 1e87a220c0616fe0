/** What the cells of tables for people are written with. All that comes from outside is made plain. */
import { type Piece, piece, type TextBytes } from "../bytes/text-bytes.ts";
import { DROP_CLASSES, TCP_STATES } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";
import { plainText } from "./plain-text.ts";
import type { TimeWriter } from "./time-text.ts";

/** Words that many rows have, encoded. */
const WORDS: ReadonlyMap<string, Piece> = new Map(
  [...TCP_STATES, ...DROP_CLASSES].flatMap((word) => (word === undefined ? [] : [[word, piece(word)]])),
);
/** What stands for a value that is not known. */
const ABSENT = piece("-");

export class CellText {
  /** Where the row is written. */
  out: TextBytes;
  readonly #time: TimeWriter;
  readonly #flags = new KeptFor<Piece>();

  constructor(out: TextBytes, time: TimeWriter) {
    this.out = out;
    this.#time = time;
  }

  /** What is the same in all rows. */
  put(piece: Piece): void {
    this.out.put(piece);
  }

  text(text: string | undefined): void {
    if (text === undefined) this.out.put(ABSENT);
    else this.out.ascii(plainText(text));
  }

  /** A text that mostly is one of a few words. */
  word(word: string | undefined): void {
    const known = WORDS.get(word ?? "");
    if (known === undefined) this.text(word);
    else this.out.put(known);
  }

  /** Text that is plain already. */
  plain(text: string): void {
    this.out.ascii(text);
  }

  number(value: number | undefined): void {
    if (value === undefined) this.out.put(ABSENT);
    else this.out.number(value);
  }

  /** In parentheses. */
  flags(flags: readonly string[] | undefined): void {
    if (flags === undefined) {
      this.out.put(ABSENT);
      return;
    }
    const known = this.#flags.get(flags);
    const made = known ?? piece(`(${flags.join("|")})`);
    if (known === undefined) this.#flags.set(flags, made);
    this.out.put(made);
  }

  time(timeNs: bigint): void {
    this.#time(timeNs, this.out);
  }
}
