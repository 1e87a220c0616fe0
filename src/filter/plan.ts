/**
 * Who decides what. The kernel gets all that it can know; the rest is asked of the event in user space.
 *
 *     accepted  =  early and late and weak        in the kernel: what it rejects, the whole filter rejects
 *                  and rest                       in user space, with what the kernel told of questions that it alone can answer
 *
 * Drops alone pass the kernel's program: what they cannot have is false there. A refused SYN is asked the
 * whole filter in user space.
 *
 * `weak` is what must hold for `rest` to hold, as far as the kernel knows: each question that it cannot
 * answer counts as answered in favour.
 */

import {
  isAskedAgain,
  isSameQuestion,
  type KernelFilter,
  MAX_ANSWERS,
  MAX_TOLD,
  networkMaps,
} from "../capture/core/filter-steps/index.ts";
import { FilterError } from "../errors.ts";
import {
  type AndOr,
  type Filter,
  type FilterNode,
  frozen,
  type OwnerNode,
  type Relation,
  simplify,
  someLeaf,
} from "../filter-language/index.ts";
import { FILTER_FIELDS } from "../model/fields/index.ts";

/** What the kernel program can know. */
export interface KernelKnows {
  /** The tracepoint tells a reason: since Linux 5.17. */
  readonly reasons: boolean;
}

export interface FilterPlan {
  readonly text: string;
  /** The whole filter, simplified. */
  readonly root: FilterNode;
  readonly kernel: KernelFilter;
  /** What user space asks of what the kernel sent; undefined where nothing is left. */
  readonly rest: FilterNode | undefined;
  /** Parts of `rest` that the kernel answered, by the place of their two bits. */
  readonly told: ReadonlyMap<FilterNode, number>;
}

/** A FilterError for what accepts no drop at all, as pcap-filter has it. */
export function planFilter({ text, root: written }: Filter, knows: KernelKnows): FilterPlan {
  const root = simplify(written);
  if (acceptsNothing(root))
    throw new FilterError({
      text,
      ...written.at,
      problem: "The filter accepts no drop: every one is a TCP segment, of IPv4 or of IPv6",
    });
  const ofDrops = simplify(askedOfDrops(root));
  const parts = ofDrops.kind === "and" ? ofDrops.of : [ofDrops];
  const early = parts.filter((part) => stageOf(part, knows) === "early");
  const late = parts.filter((part) => stageOf(part, knows) === "late");
  const rest = parts.filter((part) => stageOf(part, knows) === "user");
  const told = rest.flatMap((part) => toldParts(part, knows));
  const kept = withinBits(told, text);
  const answers = rest.flatMap(ownerQuestions).filter(isFirst).slice(0, MAX_ANSWERS);
  const weak = joined(
    "and",
    rest.map((part) => weakened(part, true, { ...knows, answers })),
  );
  const kernel = {
    text,
    early: onlyReal(joined("and", early)),
    late: onlyReal(joined("and", late)),
    weak: onlyReal(weak),
    answers,
    told: kept,
    optional: !needsHeaders(ofDrops),
  };
  const trees = [kernel.early, kernel.late, kernel.weak, ...kept].filter((tree) => tree !== undefined);
  return Object.freeze({
    text,
    root,
    kernel: Object.freeze({ ...kernel, maps: networkMaps(trees) }),
    rest: joined("and", rest),
    told: new Map(kept.map((part, index) => [part, 2 * index])),
  });
}

/** The filter of drops, in which fields that no drop has are false. */
function askedOfDrops(node: FilterNode): FilterNode {
  if (node.kind === "and" || node.kind === "or") return frozen({ ...node, of: node.of.map(askedOfDrops) });
  if (node.kind === "not") return frozen({ ...node, of: askedOfDrops(node.of) });
  return node.kind === "field" && FILTER_FIELDS.get(node.word)?.kinds.drop === undefined
    ? frozen({ kind: "constant", value: false, at: node.at })
    : node;
}

/** What rejects a packet instead of saying no accepts it no more for that. */
function acceptsNothing(node: FilterNode): boolean {
  if (node.kind === "or") return node.of.every(acceptsNothing);
  if (node.kind === "and")
    return (
      node.of.some(acceptsNothing) ||
      ["ip", "ip6"].every((name) => node.of.some((part) => part.kind === "protocol" && part.name === name))
    );
  return node.kind === "constant" && !node.value;
}

/** When the kernel program knows the answer; "user": never. */
export type Stage = "early" | "late" | "user";
const STAGES: readonly Stage[] = ["early", "late", "user"];

/** Of a part, the latest of all that it is made of. */
export function stageOf(node: FilterNode, knows: KernelKnows): Stage {
  switch (node.kind) {
    case "and":
    case "or":
      return stageOfList(node, knows);
    case "not":
      return stageOf(node.of, knows);
    case "reason":
      return knows.reasons && node.codes !== undefined ? "early" : "user";
    case "state":
    case "netns":
    case "iface":
    case "uid":
    case "cgroup":
      return "late";
    case "direction":
      // Whether what was received was to be forwarded is told by the name of a function.
      return node.name === "tx" ? "late" : "user";
    case "field":
    case "location":
    case "outer":
    case "owner":
      return "user";
    default:
      return "early";
  }
}

/** Of a list the kernel must also be able to answer where nobody knows the interface. */
function stageOfList(node: AndOr, knows: KernelKnows): Stage {
  const latest = node.of.reduce<Stage>((stage, part) => later(stage, stageOf(part, knows)), "early");
  return latest === "late" && !isAskedAgain(node) ? "user" : latest;
}

function later(one: Stage, other: Stage): Stage {
  return STAGES.indexOf(one) >= STAGES.indexOf(other) ? one : other;
}

/**
 * The largest parts that the kernel can answer, within one that it cannot. User space finds an interface as
 * well, and knows how to answer where nobody knows its name.
 */
function toldParts(node: FilterNode, knows: KernelKnows): readonly FilterNode[] {
  if (stageOf(node, knows) !== "user" && !someLeaf(node, ({ kind }) => kind === "iface"))
    return node.kind === "constant" ? [] : [node];
  if (node.kind === "and" || node.kind === "or") return node.of.flatMap((part) => toldParts(part, knows));
  return node.kind === "not" ? toldParts(node.of, knows) : [];
}

/**
 * The record has room for so many answers. Those that user space can find as well make room for those that it
 * cannot.
 */
function withinBits(parts: readonly FilterNode[], text: string): readonly FilterNode[] {
  if (parts.length <= MAX_TOLD) return parts;
  const needed = parts.filter(needsHeaders);
  const [over] = needed.slice(MAX_TOLD);
  if (over !== undefined)
    throw new FilterError({
      text,
      ...over.at,
      problem: `The filter asks for bytes or lengths of headers in more than ${MAX_TOLD} places beside what only user space knows`,
      expected: "fewer of them, or outside of parentheses with class, location and direction",
    });
  const others = parts.filter((part) => !needsHeaders(part)).slice(0, MAX_TOLD - needed.length);
  return parts.filter((part) => needed.includes(part) || others.includes(part));
}

/** An event does not keep what it asks for. */
function needsHeaders(node: FilterNode): boolean {
  return someLeaf(node, (leaf) => leaf.kind === "relation" && asksHeaders(leaf));
}

function asksHeaders({ left, right }: Relation): boolean {
  const asks = (value: Relation["left"]): boolean => {
    switch (value.kind) {
      case "bytes":
      case "len":
        return true;
      case "binary":
        return asks(value.left) || asks(value.right);
      case "negate":
        return asks(value.of);
      default:
        return false;
    }
  };
  return asks(left) || asks(right);
}

/** Questions for the owner, which the kernel can know the answers of. */
function ownerQuestions(node: FilterNode): readonly OwnerNode[] {
  if (node.kind === "and" || node.kind === "or") return node.of.flatMap(ownerQuestions);
  if (node.kind === "not") return ownerQuestions(node.of);
  return node.kind === "owner" ? [node] : [];
}

function isFirst(node: OwnerNode, index: number, all: readonly OwnerNode[]): boolean {
  return all.findIndex((one) => isSameQuestion(one, node)) === index;
}

interface KnowsAnswers extends KernelKnows {
  readonly answers: readonly OwnerNode[];
}

/** The part, with what the kernel cannot know answered in its favour. */
function weakened(node: FilterNode, favour: boolean, knows: KnowsAnswers): FilterNode {
  if (stageOf(node, knows) !== "user") return node;
  // The program itself answers in favour, until user space has answered.
  if (node.kind === "owner" && knows.answers.some((one) => isSameQuestion(one, node))) return node;
  if (node.kind === "and" || node.kind === "or")
    return simplify(frozen({ ...node, of: node.of.map((part) => weakened(part, favour, knows)) }));
  if (node.kind === "not") return simplify(frozen({ ...node, of: weakened(node.of, !favour, knows) }));
  return frozen({ kind: "constant", value: favour, at: node.at });
}

function joined(kind: AndOr["kind"], parts: readonly FilterNode[]): FilterNode | undefined {
  const [first, ...more] = parts;
  if (first === undefined || more.length === 0) return first;
  return frozen({
    kind,
    of: parts,
    at: Object.freeze({ start: first.at.start, end: parts.at(-1)?.at.end ?? first.at.end }),
  });
}

/** Without what is always true. */
function onlyReal(node: FilterNode | undefined): FilterNode | undefined {
  const simple = node === undefined ? undefined : simplify(node);
  return simple?.kind === "constant" && simple.value ? undefined : simple;
}
