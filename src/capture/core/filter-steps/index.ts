/** The filter in the kernel program: what was not asked for leaves as filtered, before anything costs. */
import type { Scalar } from "../../../bpf/index.ts";
import type { FilterNode } from "../../../filter-language/index.ts";
import { branch, uses } from "./branch.ts";
import { FilterCode, type FilterContext, type KernelFilter } from "./filter-code.ts";
import { branchOnWhole } from "./possible.ts";
import { opaqueJump } from "./targets.ts";

export {
  ANSWER,
  type FilterContext,
  isSameQuestion,
  type KernelFilter,
  MAX_ANSWERS,
  MAX_TOLD,
} from "./filter-code.ts";
export { allNetworkMaps, fillNetworkMap, networkMaps } from "./network-maps.ts";
export { isAskedAgain } from "./possible.ts";

/** Memory for the bits of what user space wants to know. */
export interface VerdictBits {
  get(field: "bits"): Scalar;
  set(field: "bits", value: Scalar | number): void;
}

/** The filter's parts, in the order of the program. Without a filter they write nothing. */
export class FilterSteps {
  readonly #filter: KernelFilter | undefined;
  readonly #code: FilterCode | undefined;

  constructor(event: FilterContext, filter: KernelFilter | undefined) {
    this.#filter = filter;
    this.#code =
      filter === undefined
        ? undefined
        : new FilterCode(event, filter, event.b.reserve("what a list is searched for"));
  }

  /** As soon as the packet is known. */
  early(): void {
    this.#leaveUnless("early", "leaves");
  }

  /** When socket, interface and namespace are known. */
  late(): void {
    this.#leaveUnless("late", "leaves");
    this.#leaveUnless("weak", "passes");
  }

  /** Evaluates what user space wants to know, into the bits of this memory. */
  writeVerdict(memory: VerdictBits): void {
    const code = this.#code;
    const trees = this.#filter?.told ?? [];
    if (code === undefined || trees.length === 0) return;
    for (const tree of trees) prepare(code, tree);
    marked(code, "told", () => writeVerdict(code, trees, memory));
  }

  #leaveUnless(part: "early" | "late" | "weak", failing: "leaves" | "passes"): void {
    const code = this.#code;
    const tree = this.#filter?.[part];
    if (code === undefined || tree === undefined) return;
    prepare(code, tree);
    marked(code, part, () => leaveUnless(code, tree, failing));
  }
}

/** It asks whose the socket is. */
export function asksOwner(tree: FilterNode | undefined): boolean {
  return uses(tree, "uid") || uses(tree, "cgroup") || uses(tree, "owner");
}

/** Has the parts of the record written that the tree will read, before its branches. */
function prepare({ event: { asked } }: FilterCode, tree: FilterNode): void {
  if (uses(tree, "address")) asked.addresses();
  if (uses(tree, "state")) asked.state();
  if (uses(tree, "iface")) asked.interface();
  if (asksOwner(tree)) asked.uid();
  if (uses(tree, "owner")) asked.answers();
}

/** Names of labels in the program, between which a part of the filter stands: for people who read it. */
export const partLabels = (part: string): readonly [string, string] => [
  `filter_${part}`,
  `filter_${part}_end`,
];

function marked({ b }: FilterCode, part: string, write: () => void): void {
  const [begin, end] = partLabels(part);
  b.bind(b.label(begin));
  write();
  b.bind(b.label(end));
}

/**
 * Leaves unless the tree accepts the drop; `failing` says what becomes of one that has not got what is asked
 * for.
 */
function leaveUnless(code: FilterCode, tree: FilterNode, failing: "leaves" | "passes"): void {
  const { b } = code;
  const wanted = b.label("wanted");
  const unwanted = b.label("filtered_out");
  if (failing === "leaves")
    branchOnWhole(code, tree, { yes: wanted, no: unwanted, reject: unwanted, next: "no" });
  else branch(code, tree, { yes: wanted, no: unwanted, reject: wanted, next: "no" });
  b.bind(unwanted);
  code.event.countFiltered();
  b.leave();
  b.bind(wanted);
}

/** Two bits each: 1 for yes, 2 for a rejection. */
function writeVerdict(code: FilterCode, trees: readonly FilterNode[], memory: VerdictBits): void {
  const { b } = code;
  memory.set("bits", 0);
  for (const [index, tree] of trees.entries()) {
    const [yes, reject, done] = [
      b.label("verdict_yes"),
      b.label("verdict_rejected"),
      b.label("verdict_done"),
    ];
    const mark = (bits: number): void => memory.set("bits", memory.get("bits").or(bits * 2 ** (2 * index)));
    branch(code, tree, { yes, no: done, reject, next: "yes" });
    b.bind(yes);
    mark(1);
    // Not every tree can reject, and the verifier refuses what nothing leads to.
    opaqueJump(b, "taken", done);
    b.bind(reject);
    mark(2);
    b.bind(done);
  }
}
