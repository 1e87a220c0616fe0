/** Is it in the list? Lists of the language, made ready to be searched. */
import {
  maskWord,
  type Network,
  type Network6,
  prefixOfMask,
  type Range,
  rangeOfNetwork,
  unionOfNetworks,
  unionOfRanges,
} from "../filter-language/index.ts";

export function portSet(ranges: readonly Range[]): (port: number) => boolean {
  return inSortedRanges(unionOfRanges(ranges));
}

/** Of IPv4 networks; those of IPv6 are passed over. */
export function networkSet4(networks: readonly Network[]): (address: number) => boolean {
  const v4 = unionOfNetworks(networks).filter((network) => network.family === 4);
  const whole = v4.filter(({ mask }) => prefixOfMask(mask) !== undefined);
  const holed = v4.filter(({ mask }) => prefixOfMask(mask) === undefined);
  const inWhole = inSortedRanges(whole.map(rangeOfNetwork));
  return (address) =>
    inWhole(address) || holed.some((network) => (address & network.mask) >>> 0 === network.address);
}

/** Of IPv6 networks, as networkSet4. */
export function networkSet6(networks: readonly Network[]): (address: readonly number[]) => boolean {
  const v6 = unionOfNetworks(networks).filter((network) => network.family === 6);
  const first = v6.map(({ address }) => address);
  const last = v6.map(lastAddress);
  return (address) => {
    const index = lastAtMost(v6.length, (at) => compareWords(first[at] ?? [], address) <= 0);
    return index >= 0 && compareWords(address, last[index] ?? []) <= 0;
  };
}

function inSortedRanges(ranges: readonly Range[]): (value: number) => boolean {
  const [only] = ranges;
  if (only === undefined) return () => false;
  const { low: first, high: last } = only;
  if (ranges.length === 1)
    return first === last ? (value) => value === first : (value) => value >= first && value <= last;
  const low = Uint32Array.from(ranges, (range) => range.low);
  const high = Uint32Array.from(ranges, (range) => range.high);
  return (value) => {
    const index = lastAtMost(low.length, (at) => (low[at] ?? 0) <= value);
    return index >= 0 && value <= (high[index] ?? 0);
  };
}

/** The last index of a sorted list for which it holds, or -1. */
function lastAtMost(length: number, holds: (index: number) => boolean): number {
  let [from, to] = [0, length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (holds(middle)) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}

function lastAddress({ address, prefix }: Network6): readonly number[] {
  return address.map((word, index) => (word | ~maskWord(prefix, index)) >>> 0);
}

function compareWords(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < 4; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
