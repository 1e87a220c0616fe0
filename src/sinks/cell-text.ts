/**
 * What the cells of tables for people are written with. All that comes from outside is made plain, and each
 * text once.
 */
import { type Piece, piece, type TextBytes } from "../bytes/text-bytes.ts";
import { KeptLists, KeptPieces } from "./kept-pieces.ts";
import { plainText } from "./plain-text.ts";
import type { TimeWriter } from "./time-text.ts";

/** What stands for a value that is not known. */
const ABSENT = piece("-");

export class CellText {
  /** Where the row is written. */
  out: TextBytes;
  readonly #time: TimeWriter;
  readonly #kept = new KeptPieces(plainText);
  readonly #flags = new KeptLists((flags) => `(${flags.join("|")})`);

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
    else this.#kept.write(text, this.out);
  }

  number(value: number | undefined): void {
    if (value === undefined) this.out.put(ABSENT);
    else this.out.number(value);
  }

  /** In parentheses. */
  flags(flags: readonly string[] | undefined): void {
    if (flags === undefined) this.out.put(ABSENT);
    else this.#flags.write(flags, this.out);
  }

  time(timeNs: bigint): void {
    this.#time(timeNs, this.out);
  }
}
