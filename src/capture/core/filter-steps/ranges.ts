/** Is the value in the list? Sorted ranges as a binary search of jumps. */
import { all, any, type Builder, type Condition, type Scalar } from "../../../bpf/index.ts";
import type { Range } from "../../../filter-language/index.ts";
import { decide, type Targets } from "./targets.ts";

/** So few are compared one after another: that takes no more jumps than a search. */
const FEW = 3;

/**
 * `value` is in a register, so that each comparison is one instruction. Ranges are sorted, with gaps between
 * them.
 */
export function branchOnRanges(b: Builder, value: Scalar, ranges: readonly Range[], targets: Targets): void {
  if (ranges.length <= FEW) {
    decide(b, any(...ranges.map((range) => isIn(value, range))), targets);
    return;
  }
  const middle = ranges.length >>> 1;
  const upper = b.label("upper_half");
  b.jumpIf(value.ge(BigInt(ranges[middle]?.low ?? 0)), upper);
  branchOnRanges(b, value, ranges.slice(0, middle), { ...targets, next: "no" });
  b.jump(targets.no);
  b.bind(upper);
  branchOnRanges(b, value, ranges.slice(middle), targets);
}

function isIn(value: Scalar, { low, high }: Range): Condition {
  if (low === high) return value.eq(BigInt(low));
  if (low === 0) return value.le(BigInt(high));
  return all(value.ge(BigInt(low)), value.le(BigInt(high)));
}
