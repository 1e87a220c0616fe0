/** Encoded texts of what comes again and again: bounded, and found without making anything. */
import { type Piece, piece, type TextBytes } from "../bytes/text-bytes.ts";

/** Writes an event, or a part of one. */
export type Writer<E> = (event: E, out: TextBytes) => void;

/** Pairs of places; a power of two. */
const PAIRS = 512;

/**
 * What was made of texts, kept from the second time on that one comes. Each has two places, which it takes
 * from what came longest ago: so a flood of texts that come once costs no more than writing them.
 */
export class KeptPieces {
  readonly #make: (text: string) => string;
  readonly #before: string;
  readonly #after: string;
  readonly #beforePiece: Piece;
  readonly #afterPiece: Piece;
  readonly #texts = new Array<string | undefined>(2 * PAIRS).fill(undefined);
  /** None where the text came only once. */
  readonly #pieces = new Array<Piece | undefined>(2 * PAIRS).fill(undefined);

  /** What `make` gives must be ASCII; it is written between the two others. */
  constructor(make: (text: string) => string, before = "", after = "") {
    this.#make = make;
    this.#before = before;
    this.#after = after;
    this.#beforePiece = piece(before);
    this.#afterPiece = piece(after);
  }

  /** Writes what is made of the text. */
  write(text: string, out: TextBytes): void {
    const texts = this.#texts;
    const first = 2 * ((hashText(text) >>> 16) & (PAIRS - 1));
    const place = texts[first] === text ? first : first + 1;
    const known = texts[place] === text ? this.#pieces[place] : undefined;
    if (known !== undefined) out.put(known);
    else if (texts[place] === text) this.#keep(text, place, out);
    else this.#remember(text, first, out);
  }

  #keep(text: string, place: number, out: TextBytes): void {
    const made = piece(this.#before + this.#make(text) + this.#after);
    this.#pieces[place] = made;
    out.put(made);
  }

  #remember(text: string, first: number, out: TextBytes): void {
    this.#texts[first + 1] = this.#texts[first];
    this.#pieces[first + 1] = this.#pieces[first];
    this.#texts[first] = text;
    this.#pieces[first] = undefined;
    out.put(this.#beforePiece);
    out.ascii(this.#make(text));
    out.put(this.#afterPiece);
  }
}

/**
 * What was made of lists, known by the list itself: events share those of stacks and flags. Kept as long as
 * the list is there.
 */
export class KeptLists {
  readonly #make: (list: readonly string[]) => string;
  readonly #pieces = new WeakMap<readonly string[], Piece>();

  constructor(make: (list: readonly string[]) => string) {
    this.#make = make;
  }

  /** Writes what is made of the list. */
  write(list: readonly string[], out: TextBytes): void {
    const known = this.#pieces.get(list);
    if (known !== undefined) {
      out.put(known);
      return;
    }
    const made = piece(this.#make(list));
    this.#pieces.set(list, made);
    out.put(made);
  }
}

/** How far from its end the last character is that tells a text's hash. */
const HASHED = 6;

/**
 * Of a text's length and its end, where names and addresses differ; all 32 bits are mixed, the high ones
 * best.
 */
function hashText(text: string): number {
  const end = text.length;
  if (end < HASHED) return hashShort(text);
  const last =
    text.charCodeAt(end - 1) |
    (text.charCodeAt(end - 2) << 8) |
    (text.charCodeAt(end - 3) << 16) |
    (text.charCodeAt(end - 4) << 24);
  return (
    Math.imul(last, 0x9e37_79b1) +
    Math.imul((text.charCodeAt(end - 5) << 16) + (text.charCodeAt(end - 6) << 8) + end, 0x85eb_ca77)
  );
}

function hashShort(text: string): number {
  let hash = text.length;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e37_79b1);
  return hash;
}
