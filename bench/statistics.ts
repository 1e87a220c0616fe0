/** Statistics over rounds of measurements. */

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** "3,180 (2,990 to 3,400)": the median and the range of the rounds. */
export function formatSpread(values: readonly number[], digits = 0): string {
  if (values.length < 2) return formatNumber(median(values), digits);
  return `${formatNumber(median(values), digits)} (${formatNumber(Math.min(...values), digits)} to ${formatNumber(Math.max(...values), digits)})`;
}

export function formatNumber(value: number, digits = 0): string {
  return Number.isFinite(value)
    ? value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : "-";
}

/** The order of a round: every other round is reversed, so that no contender always follows the same one. */
export function orderOf<C>(round: number, contenders: readonly C[]): readonly C[] {
  return round % 2 === 0 ? contenders : contenders.toReversed();
}

/**
 * Each contender's measurements, one a round. All take their turn before the next round begins, so that drift
 * affects all alike.
 */
export async function inTurns<C, M>(
  rounds: number,
  contenders: readonly C[],
  measure: (contender: C, round: number) => Promise<M>,
): Promise<ReadonlyMap<C, readonly M[]>> {
  const measured = new Map<C, M[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const contender of orderOf(round, contenders))
      measured.get(contender)?.push(await measure(contender, round));
  return measured;
}

/** The median of the rounds' ratios. */
export function ratio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/**
 * Bisects an interval geometrically until the ratio of its ends is below `precision`; returns the lower end,
 * up to which everything `isFine`.
 */
export async function halveByRatio(
  low: number,
  high: number,
  precision: number,
  isFine: (middle: number) => Promise<boolean>,
): Promise<number> {
  if (high / low <= precision) return low;
  const middle = Math.sqrt(low * high);
  return (await isFine(middle))
    ? await halveByRatio(middle, high, precision, isFine)
    : await halveByRatio(low, middle, precision, isFine);
}
