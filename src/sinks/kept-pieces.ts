/** Encoded texts of what comes again and again: bounded, and found without making anything. */
import { type Piece, piece, type TextBytes } from "../bytes/text-bytes.ts";

/** Writes an event, or a part of one. */
export type Writer<E> = (event: E, out: TextBytes) => void;

/** Pairs of places; a power of two. */
const PAIRS = 512;

/** What was made of texts. Each text has two places, which it takes from what came longest ago: so a flood of new ones costs no more than making them. */
export class KeptPieces {
  readonly #make: (text: string) => string;
  readonly #texts = new Array<string | undefined>(2 * PAIRS).fill(undefined);
  readonly #pieces = new Array<Piece | undefined>(2 * PAIRS).fill(undefined);

  constructor(make: (text: string) => string) {
    this.#make = make;
  }

  get(text: string): Piece {
    const texts = this.#texts;
    const place = 2 * ((hashText(text) >>> 16) & (PAIRS - 1));
    const known = texts[place] === text ? this.#pieces[place] : texts[place + 1] === text ? this.#pieces[place + 1] : undefined;
    return known ?? this.#keep(text, place);
  }

  #keep(text: string, place: number): Piece {
    const made = piece(this.#make(text));
    this.#texts[place + 1] = this.#texts[place];
    this.#pieces[place + 1] = this.#pieces[place];
    this.#texts[place] = text;
    this.#pieces[place] = made;
    return made;
  }
}

/** What was made of lists, known by the list itself: events share those of stacks and flags. Kept as long as the list is there. */
export class KeptLists {
  readonly #make: (list: readonly string[]) => string;
  readonly #pieces = new WeakMap<readonly string[], Piece>();

  constructor(make: (list: readonly string[]) => string) {
    this.#make = make;
  }

  get(list: readonly string[]): Piece {
    const known = this.#pieces.get(list);
    if (known !== undefined) return known;
    const made = piece(this.#make(list));
    this.#pieces.set(list, made);
    return made;
  }
}

/** How far from its end the last character is that tells a text's hash. */
const HASHED = 6;

/** Of a text's length and its end, where names and addresses differ; all 32 bits are mixed, the high ones best. */
function hashText(text: string): number {
  const end = text.length;
  if (end < HASHED) return hashShort(text);
  const last = text.charCodeAt(end - 1) | (text.charCodeAt(end - 2) << 8) | (text.charCodeAt(end - 3) << 16) | (text.charCodeAt(end - 4) << 24);
  return Math.imul(last, 0x9e37_79b1) + Math.imul((text.charCodeAt(end - 5) << 16) + (text.charCodeAt(end - 6) << 8) + end, 0x85eb_ca77);
}

function hashShort(text: string): number {
  let hash = text.length;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e37_79b1);
  return hash;
}
