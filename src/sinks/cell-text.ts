/** What the cells of tables for people are written with. All that comes from outside is made plain, and each text once. */
import type { TextBytes } from "../bytes/text-bytes.ts";
import { KeptLists, KeptPieces } from "./kept-pieces.ts";
import { plainText } from "./plain-text.ts";
import type { TimeWriter } from "./time-text.ts";

/** What stands for a value that is not known. */
const ABSENT = "-";

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

  text(text: string | undefined): void {
    this.out.put(this.#kept.get(text ?? ABSENT));
  }

  number(value: number | undefined): void {
    if (value === undefined) this.text(ABSENT);
    else this.out.number(value);
  }

  /** In parentheses. */
  flags(flags: readonly string[] | undefined): void {
    if (flags === undefined) this.text(ABSENT);
    else this.out.put(this.#flags.get(flags));
  }

  time(timeNs: bigint): void {
    this.#time(timeNs, this.out);
  }
}
