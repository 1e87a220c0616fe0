/**
 * A filter whose interface nobody knows: may the answer be yes?
 *
 * `branch` takes one answer to each such question, the one in favour. Without rejections no other is better.
 * But it may lead to a test that rejects the packet, where the other answer would have led past that test:
 * `(iface lo and port 80) or ip`, of a packet whose TCP header cannot be read. Then it is asked again here,
 * where a rejection ends one way to the answer and not all of them.
 */
import { type AndOr, type FilterNode, mayReject } from "../../../filter-language/index.ts";
import { branch, uses } from "./branch.ts";
import type { FilterCode } from "./filter-code.ts";
import { opaqueJump, type Targets } from "./targets.ts";

type Answer = "yes" | "no";
/** There is no third way out: what is rejected is not the answer that was asked for. */
type Ways = Pick<Targets, "yes" | "no" | "next">;

/**
 * Lists within lists that may be asked twice for both of their answers, which doubles the code of each. More
 * are left to user space.
 */
const MAX_LEVELS = 4;

/** As `branch`, of a whole filter: goes to `yes` wherever the answer may be yes. */
export function branchOnWhole(code: FilterCode, tree: FilterNode, targets: Targets): void {
  if (!isOpen(tree)) {
    branch(code, tree, targets);
    return;
  }
  const { b } = code;
  const [answered, rejected, impossible] = [
    b.label("answered"),
    b.label("rejected"),
    b.label("cannot_be_yes"),
  ];
  branch(code, tree, { ...targets, [targets.next]: answered, reject: rejected });
  b.bind(answered);
  // Always taken; but not every tree leads to the label behind it.
  opaqueJump(b, "taken", targets[targets.next]);
  b.bind(rejected);
  const device = code.event.asked.interface();
  b.jumpIf(device.getBytes("ifname", 1, 0).notZero(), targets.reject);
  b.jumpIf(device.get("ifindex").isZero(), targets.reject);
  branchOnPossible(code, tree, "yes", { yes: targets.yes, no: impossible, next: "no" });
  b.bind(impossible);
  opaqueJump(b, "taken", targets.reject);
}

/** Whether the program can ask it again where nobody knows the interface. */
export function isAskedAgain(tree: FilterNode): boolean {
  return measure(tree).levels <= MAX_LEVELS;
}

/** What of it may be unknown, and may end in a rejection. */
function isOpen(node: FilterNode): boolean {
  return uses(node, "iface") && mayReject(node);
}

interface Measured {
  readonly unknown: boolean;
  readonly rejects: boolean;
  /** Lists within lists, of those that have both. */
  readonly levels: number;
}

function measure(node: FilterNode): Measured {
  if (node.kind === "not") return measure(node.of);
  if (node.kind !== "and" && node.kind !== "or")
    return { unknown: node.kind === "iface", rejects: mayReject(node), levels: 0 };
  let [unknown, rejects, levels] = [false, false, 0];
  for (const part of node.of.map(measure)) {
    unknown ||= part.unknown;
    rejects ||= part.rejects;
    levels = Math.max(levels, part.levels);
  }
  return { unknown, rejects, levels: unknown && rejects ? levels + 1 : levels };
}

/** Goes to `yes` where the answer to the node may be `wanted`, with an interface that nobody knows. */
function branchOnPossible(code: FilterCode, node: FilterNode, wanted: Answer, ways: Ways): void {
  if (!isOpen(node)) {
    branch(code, node, toBranch(wanted, ways));
    return;
  }
  switch (node.kind) {
    case "and":
    case "or":
      return wanted === goesOn(node)
        ? branchOnEach(code, node, wanted, ways)
        : branchOnFirst(code, node, wanted, ways);
    case "not":
      return branchOnPossible(code, node.of, opposite(wanted), ways);
    default:
      branch(code, node, toBranch(wanted, ways));
  }
}

/** Each part must be able to give the answer with which the list goes on. */
function branchOnEach(code: FilterCode, { of }: AndOr, wanted: Answer, ways: Ways): void {
  const { b } = code;
  for (const part of of.slice(0, -1)) {
    const on = b.label("on");
    branchOnPossible(code, part, wanted, { yes: on, no: ways.no, next: "yes" });
    b.bind(on);
  }
  for (const last of of.slice(-1)) branchOnPossible(code, last, wanted, ways);
}

/** One part must be able to give the answer that ends the list, and those before it the other. */
function branchOnFirst(code: FilterCode, list: AndOr, wanted: Answer, ways: Ways): void {
  const { b } = code;
  const before = opposite(wanted);
  for (const part of list.of.slice(0, -1)) {
    const on = b.label("on");
    if (!uses(part, "iface")) {
      // One certain answer, or a rejection: asked once.
      const { yes, no } = { [wanted]: ways.yes, [before]: on } as Readonly<Record<Answer, typeof on>>;
      branch(code, part, { yes, no, reject: ways.no, next: before });
    } else {
      const otherwise = b.label("other_answer");
      branchOnPossible(code, part, wanted, { yes: ways.yes, no: otherwise, next: "no" });
      b.bind(otherwise);
      // Without a rejection it has the other answer if it has not this one.
      if (mayReject(part)) branchOnPossible(code, part, before, { yes: on, no: ways.no, next: "yes" });
    }
    b.bind(on);
  }
  for (const last of list.of.slice(-1)) branchOnPossible(code, last, wanted, ways);
}

/** With what is not known answered as it is wanted. */
function toBranch(wanted: Answer, { yes, no, next }: Ways): Targets {
  return wanted === "yes"
    ? { yes, no, reject: no, next, favours: "yes" }
    : { yes: no, no: yes, reject: no, next: opposite(next), favours: "no" };
}

/** With this answer of a part the next one is asked. */
function goesOn({ kind }: AndOr): Answer {
  return kind === "and" ? "yes" : "no";
}

function opposite(answer: Answer): Answer {
  return answer === "yes" ? "no" : "yes";
}
