/** The filter in the kernel program: what was not asked for leaves as filtered, before anything costs. */
import type { FilterNode } from "../../../filter-language/index.ts";
import type { DropContext } from "../context.ts";
import { branch, uses } from "./branch.ts";
import { FilterCode, type KernelFilter } from "./filter-code.ts";
import { always } from "./targets.ts";

export { type KernelFilter, MAX_KEPT_VALUES, MAX_TOLD } from "./filter-code.ts";
export { allNetworkMaps, fillNetworkMap, MAX_JUMPS4, MAX_JUMPS6, networkMaps } from "./network-maps.ts";

/** The filter's parts, each at its place in the program. Without a filter they write nothing. */
export class FilterSteps {
  readonly #filter: KernelFilter | undefined;
  readonly #code: FilterCode | undefined;
  readonly #storeAddresses: () => void;
  #hasAddresses = false;

  /**
   * `storeAddresses` puts the addresses into the record: early where they are asked for, else when they are
   * needed.
   */
  constructor(c: DropContext, filter: KernelFilter | undefined, storeAddresses: () => void) {
    this.#filter = filter;
    this.#code =
      filter === undefined
        ? undefined
        : new FilterCode(c, filter, c.b.reserve("what a list is searched for"));
    this.#storeAddresses = storeAddresses;
  }

  /** The interface's name is needed before `late`. */
  get asksInterface(): boolean {
    const { late, weak } = this.#filter ?? {};
    return uses(late, "iface") || uses(weak, "iface");
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

  /** Before the record is filled. */
  tell(): void {
    const code = this.#code;
    const told = this.#filter?.told;
    if (code === undefined || told === undefined) return;
    for (const tree of told) this.#prepare(tree);
    if (told.length > 0) marked(code, "told", () => tell(code, told));
  }

  demandAddresses(): void {
    if (!this.#hasAddresses) this.#storeAddresses();
    this.#hasAddresses = true;
  }

  #prepare(tree: FilterNode): void {
    if (uses(tree, "address")) this.demandAddresses();
  }

  #leaveUnless(part: "early" | "late" | "weak", failing: "leaves" | "passes"): void {
    const code = this.#code;
    const tree = this.#filter?.[part];
    if (code === undefined || tree === undefined) return;
    this.#prepare(tree);
    marked(code, part, () => leaveUnless(code, tree, failing));
  }
}

/** Names of places in the program, between which a part of the filter stands: for people who read it. */
export const partLabels = (part: string): readonly [string, string] => [
  `filter_${part}`,
  `filter_${part}_end`,
];

function marked({ c: { b } }: FilterCode, part: string, write: () => void): void {
  const [begin, end] = partLabels(part);
  b.place(b.label(begin));
  write();
  b.place(b.label(end));
}

/**
 * Leaves unless the tree accepts the drop; `failing` says what becomes of one that has not got what is asked
 * for.
 */
function leaveUnless(code: FilterCode, tree: FilterNode, failing: "leaves" | "passes"): void {
  const { b, count } = code.c;
  const wanted = b.label("wanted");
  const unwanted = b.label("filtered_out");
  branch(code, tree, {
    yes: wanted,
    no: unwanted,
    reject: failing === "leaves" ? unwanted : wanted,
    next: "no",
  });
  b.place(unwanted);
  count.add("filtered", 1);
  b.leave();
  b.place(wanted);
}

/** Answers in the record, two bits each: 1 for yes, 2 for a rejection. */
function tell(code: FilterCode, trees: readonly FilterNode[]): void {
  const { b, record } = code.c;
  record.set("filterTold", 0);
  for (const [index, tree] of trees.entries()) {
    const [yes, reject, done] = [b.label("told_yes"), b.label("told_rejection"), b.label("told")];
    const mark = (bits: number): void =>
      record.set("filterTold", record.get("filterTold").or(bits * 2 ** (2 * index)));
    branch(code, tree, { yes, no: done, reject, next: "yes" });
    b.place(yes);
    mark(1);
    // Not every tree can reject, and the verifier refuses what nothing leads to.
    always(b, done);
    b.place(reject);
    mark(2);
    b.place(done);
  }
}
