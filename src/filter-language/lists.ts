/** Lists of ports and networks, put together: sorted, and nothing twice. */
import { maskWord, prefixOfMask } from "./addresses.ts";
import type { Network, Network4, Network6, Range } from "./tree.ts";

/** Sorted ranges with a gap between each two. */
export function unionOfRanges(ranges: readonly Range[]): readonly Range[] {
  const union: Range[] = [];
  for (const { low, high } of ranges.toSorted((a, b) => a.low - b.low)) {
    const last = union.at(-1);
    if (last !== undefined && low <= last.high + 1)
      union[union.length - 1] = Object.freeze({ low: last.low, high: Math.max(last.high, high) });
    else union.push(Object.freeze({ low, high }));
  }
  return Object.freeze(union);
}

/**
 * IPv4 first, each by its address, without those inside another one. Masks with holes stand at the end of
 * IPv4's as they are.
 */
export function unionOfNetworks(networks: readonly Network[]): readonly Network[] {
  const v4 = networks.filter((network): network is Network4 => network.family === 4);
  const whole = v4
    .filter(({ mask }) => prefixOfMask(mask) !== undefined)
    .toSorted((a, b) => a.address - b.address || a.mask - b.mask);
  const holed = new Map(
    v4
      .filter(({ mask }) => prefixOfMask(mask) === undefined)
      .map((network) => [`${network.address}/${network.mask}`, network]),
  );
  const v6 = networks.filter((network): network is Network6 => network.family === 6).toSorted(compare6);
  return Object.freeze([...outermost(whole, contains4), ...holed.values(), ...outermost(v6, contains6)]);
}

/**
 * Sorted so that what contains a network stands before it, it lies in the last one that was kept, or in none.
 */
function outermost<N extends Network>(
  sorted: readonly N[],
  contains: (outer: N, inner: N) => boolean,
): readonly N[] {
  const kept: N[] = [];
  for (const network of sorted) {
    const last = kept.at(-1);
    if (last === undefined || !contains(last, network)) kept.push(network);
  }
  return kept;
}

function contains4(outer: Network4, inner: Network4): boolean {
  return (
    (inner.mask & outer.mask) >>> 0 === outer.mask && (inner.address & outer.mask) >>> 0 === outer.address
  );
}

function contains6(outer: Network6, inner: Network6): boolean {
  return (
    outer.prefix <= inner.prefix &&
    outer.address.every(
      (word, index) => ((inner.address[index] ?? 0) & maskWord(outer.prefix, index)) >>> 0 === word,
    )
  );
}

function compare6(a: Network6, b: Network6): number {
  for (let index = 0; index < 4; index += 1) {
    const difference = (a.address[index] ?? 0) - (b.address[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.prefix - b.prefix;
}
