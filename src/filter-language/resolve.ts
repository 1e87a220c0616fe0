/**
 * Names to what they mean on this machine: numbers of reasons, inodes of namespaces, ids of cgroups. Pure: who calls
 * it looks them up.
 */
import { FilterError, TcpdropError } from "../errors.ts";
import { REFUSED_CAUSES } from "../model/index.ts";
import { nearest } from "./nearest.ts";
import { type CgroupGroup, type Filter, type FilterNode, frozen, type ReasonNode } from "./tree.ts";

export interface Lookups {
  /** All reasons by number; undefined where the kernel gives none, and locations imply them. */
  readonly reasons: (() => ReadonlyMap<number, string>) | undefined;
  /** Names that a location can imply, where the kernel gives no reasons. */
  readonly inferredReasons: readonly string[];
  /** Throws where there is no such namespace. */
  readonly netns: (which: string) => number;
  /** Throws where there is no such cgroup. */
  readonly cgroup: (path: string) => CgroupGroup;
}

/** The same filter, with `codes`, `inode` and `group` filled in. A FilterError where a reason has no such name. */
export function resolveFilter({ text, root }: Filter, lookups: Lookups): Filter {
  return Object.freeze({ text, root: resolveNode(root, { text, lookups }) });
}

interface Context {
  readonly text: string;
  readonly lookups: Lookups;
}

function resolveNode(node: FilterNode, context: Context): FilterNode {
  switch (node.kind) {
    case "and":
    case "or":
      return frozen({ ...node, of: node.of.map((part) => resolveNode(part, context)) });
    case "not":
      return frozen({ ...node, of: resolveNode(node.of, context) });
    case "reason":
      return resolveReason(node, context);
    case "netns":
      return orFault(node, context, () => frozen({ ...node, inode: context.lookups.netns(node.which) }));
    case "cgroup":
      return orFault(node, context, () => frozen({ ...node, group: context.lookups.cgroup(node.path) }));
    default:
      return node;
  }
}

function resolveReason(node: ReasonNode, { text, lookups }: Context): ReasonNode {
  const { pattern } = node;
  if (/^\d+$/.test(pattern)) return frozen({ ...node, codes: Object.freeze([Number(pattern)]) });
  const known = lookups.reasons?.();
  const names = known === undefined ? lookups.inferredReasons : [...known.values()];
  const matches = globTest(pattern);
  if (!names.some(matches)) throw unknownReason(node, text, names, known === undefined);
  return known === undefined
    ? node
    : frozen({
        ...node,
        codes: Object.freeze([...known].flatMap(([code, name]) => (matches(name) ? [code] : []))),
      });
}

function unknownReason(
  { pattern, at }: ReasonNode,
  text: string,
  names: readonly string[],
  inferred: boolean,
): FilterError {
  const where = inferred
    ? "this kernel gives no reasons, and no location implies this one"
    : "this kernel has no such reason";
  const cause = REFUSED_CAUSES.find((one) => one === pattern);
  return new FilterError({
    text,
    ...at,
    problem: `There is no reason ${pattern}: ${where}`,
    nearest:
      cause === undefined ? nearest(pattern, names).map((name) => `reason ${name}`) : [`cause ${cause}`],
  });
}

/** A FilterError at the node where what it names is not there. */
function orFault(node: FilterNode, { text }: Context, resolve: () => FilterNode): FilterNode {
  try {
    return resolve();
  } catch (failure) {
    if (!(failure instanceof Error)) throw failure;
    throw new FilterError({
      text,
      ...node.at,
      problem: failure.message,
      advice: failure instanceof TcpdropError ? failure.hint : undefined,
    });
  }
}

/** `*` stands for any characters, `?` for one. */
export function globTest(pattern: string): (name: string) => boolean {
  if (!/[*?]/.test(pattern)) return (name) => name === pattern;
  const parts = new RegExp(`^${pattern.replaceAll(/\*+/g, "*").replaceAll("*", ".*").replaceAll("?", ".")}$`);
  return (name) => parts.test(name);
}
