/**
 * What was made of runs of 16 bytes (names, addresses), kept by the bytes themselves, four words of them: few
 * come again and again.
 *
 * Each run of bytes has one place, which it takes from whatever was there: so that a flood of new ones costs
 * no more than making them.
 */

/** Places; a power of two. */
const PLACES = 1024;

export class KeptTexts {
  readonly #words = new Uint32Array(4 * PLACES);
  readonly #texts: (string | undefined)[] = new Array<string | undefined>(PLACES).fill(undefined);

  /** The text kept for these four words; made by `make` of the bytes at `at` where there is none. */
  get(
    first: number,
    second: number,
    third: number,
    fourth: number,
    make: (at: number) => string,
    at: number,
  ): string {
    const place = hash(first, second, third, fourth) & (PLACES - 1);
    const words = this.#words;
    const known = this.#texts[place];
    const start = 4 * place;
    if (
      known !== undefined &&
      words[start] === first &&
      words[start + 1] === second &&
      words[start + 2] === third &&
      words[start + 3] === fourth
    )
      return known;
    const text = make(at);
    words[start] = first;
    words[start + 1] = second;
    words[start + 2] = third;
    words[start + 3] = fourth;
    this.#texts[place] = text;
    return text;
  }
}

/**
 * All bits of each word reach the low ones, of which the place is made: addresses of one network differ in
 * their last byte.
 */
function hash(first: number, second: number, third: number, fourth: number): number {
  const mixed = Math.imul(
    Math.imul(Math.imul(Math.imul(first, 0x9e37_79b1) ^ second, 0x85eb_ca77) ^ third, 0xc2b2_ae3d) ^ fourth,
    0x27d4_eb2f,
  );
  return mixed ^ (mixed >>> 15) ^ (mixed >>> 24);
}
