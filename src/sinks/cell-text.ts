/** What the cells of tables for people are written with. All that comes from outside is made plain. */
import { type ByteWriter, type Encoded, encoded } from "../bytes/byte-writer.ts";
import { DROP_CLASSES, TCP_STATES } from "../model/index.ts";
import { KeptFor } from "../model/shared.ts";
import { plainText } from "./plain-text.ts";
import type { TimeWriter } from "./time-text.ts";

/** Words that many rows have, encoded. */
const WORDS: ReadonlyMap<string, Encoded> = new Map(
  [...TCP_STATES, ...DROP_CLASSES].flatMap((word) => (word === undefined ? [] : [[word, encoded(word)]])),
);
/** What stands for a value that is not known. */
const ABSENT = encoded("-");

export class CellText {
  /** Where the row is written. */
  out: ByteWriter;
  readonly #time: TimeWriter;
  readonly #flags = new KeptFor<Encoded>();

  constructor(out: ByteWriter, time: TimeWriter) {
    this.out = out;
    this.#time = time;
  }

  /** What is the same in all rows. */
  append(piece: Encoded): void {
    this.out.append(piece);
  }

  text(text: string | undefined): void {
    if (text === undefined) this.out.append(ABSENT);
    else this.out.ascii(plainText(text));
  }

  /** A text that mostly is one of a few words. */
  word(word: string | undefined): void {
    const known = WORDS.get(word ?? "");
    if (known === undefined) this.text(word);
    else this.out.append(known);
  }

  /** Text that is plain already. */
  plain(text: string): void {
    this.out.ascii(text);
  }

  number(value: number | undefined): void {
    if (value === undefined) this.out.append(ABSENT);
    else this.out.number(value);
  }

  /** In parentheses. */
  flags(flags: readonly string[] | undefined): void {
    if (flags === undefined) {
      this.out.append(ABSENT);
      return;
    }
    const known = this.#flags.get(flags);
    const made = known ?? encoded(`(${flags.join("|")})`);
    if (known === undefined) this.#flags.set(flags, made);
    this.out.append(made);
  }

  time(timeNs: bigint): void {
    this.#time(timeNs, this.out);
  }
}
