/**
 * What is traced of a target: its own network namespaces whole, for what is dropped there without a socket is
 * its own too; elsewhere what it owns. Pure.
 */

import { FilterError, UsageError } from "../errors.ts";
import { parseFilter, printFilter } from "../filter-language/index.ts";
import { podName } from "../findings/index.ts";
import { type Candidate, candidatesFor, shortId } from "./candidates.ts";
import type { RunningProcess, Survey } from "./survey.ts";

export interface Plan {
  /** Inode numbers; undefined: all. */
  readonly netns: readonly number[] | undefined;
  /** Words of a filter; undefined: everything that is dropped there. */
  readonly filter: string | undefined;
  /** Namespaces that are its own. */
  readonly own: readonly number[];
  /** It has no process anywhere else. */
  readonly isAllOwn: boolean;
  /** Its addresses there, that the host's namespace is traced for. */
  readonly addresses: readonly string[];
  /** Others that are in its own namespaces too. */
  readonly others: readonly RunningProcess[];
  /** The namespace of some of its processes cannot be read. */
  readonly isHidden: boolean;
}

export interface PlanOptions {
  /** Of the namespace of a process. */
  readonly addressesOf: (pid: number) => readonly string[] | undefined;
  /** This program's own namespace: what it shares with that is not the target's alone. */
  readonly ownNetns: number | undefined;
  /** The own namespace and nothing else. */
  readonly alone?: boolean | undefined;
}

/** More namespaces of one target are not named: who owns a drop decides. */
const MAX_OWN = 64;
/** A namespace with more addresses is a router's. */
const MAX_ADDRESSES = 64;

export function planFor(target: Candidate, survey: Survey, options: PlanOptions): Plan {
  const inodes = [...new Set(target.processes.flatMap(({ netns }) => netns ?? []))];
  const isHidden = target.processes.some(({ netns }) => netns === undefined);
  const found = inodes.filter((inode) => isOwn(inode, target, survey, options.ownNetns));
  const own = found.length <= MAX_OWN ? found : [];
  const isAllOwn = own.length === inodes.length && own.length > 0 && !isHidden;
  const isNarrow = !isHidden && found.length <= MAX_OWN;
  const addresses = options.alone === true || !isNarrow ? [] : addressesIn(own, target, survey, options);
  const words = [
    ...own.map((inode) => `netns ${inode}`),
    ...addresses.map((address) => `host ${address}`),
    ...(isAllOwn ? [] : [ownerWords(target, survey)]),
  ];
  const host = addresses.length > 0 ? [survey.hostNetns ?? 0] : [];
  const isWhole = isAllOwn && addresses.length === 0;
  const others = survey.processes.filter(
    (one) => one.netns !== undefined && own.includes(one.netns) && isSomebodyElse(one, target),
  );
  return {
    netns: isNarrow ? [...new Set([...inodes, ...host])] : undefined,
    filter: isWhole ? undefined : words.join(" or "),
    own,
    isAllOwn,
    addresses,
    others,
    isHidden,
  };
}

/**
 * A process's where it is alone in it. A unit's, container's or pod's where the oldest process in it is one of
 * theirs: it was made for that one.
 */
function isOwn(inode: number, target: Candidate, survey: Survey, ownNetns: number | undefined): boolean {
  if (inode === survey.hostNetns || inode === ownNetns) return false;
  const inside = survey.processes.filter((one) => one.netns === inode && !one.isHelper);
  if (target.kind === "pid") return inside.every((one) => isPartOf(one, target));
  const oldest = inside.reduce<RunningProcess | undefined>(
    (a, b) => (a === undefined || startOf(b) < startOf(a) ? b : a),
    undefined,
  );
  return oldest !== undefined && (isPartOf(oldest, target) || isOfItsGroup(oldest, target));
}

function startOf({ startTicks }: RunningProcess): number {
  return startTicks ?? Number.POSITIVE_INFINITY;
}

function isPartOf(process: RunningProcess, { processes }: Candidate): boolean {
  return processes.includes(process);
}

/** Neither a runtime's own process nor the sandbox that holds a pod's namespaces. */
function isSomebodyElse(process: RunningProcess, target: Candidate): boolean {
  const { podUid, container } = process.workload ?? {};
  const isSandbox = podUid !== undefined && container === undefined;
  return !isPartOf(process, target) && !process.isHelper && !isSandbox;
}

/** Another container of the same pod: all of them have one namespace. */
function isOfItsGroup({ group }: RunningProcess, { processes }: Candidate): boolean {
  return group !== undefined && processes.some((one) => one.group === group);
}

/** What the host forwards to it and from it is dropped in the host's namespace. */
function addressesIn(
  own: readonly number[],
  target: Candidate,
  { hostNetns }: Survey,
  { addressesOf }: PlanOptions,
): readonly string[] {
  if (hostNetns === undefined) return [];
  const found = own.flatMap((inode) => {
    const inside = target.processes.find(({ netns }) => netns === inode);
    return inside === undefined ? [] : (addressesOf(inside.pid) ?? []);
  });
  const all = [...new Set(found)];
  return all.length <= MAX_ADDRESSES ? all : [];
}

/**
 * By name where that is certain to be one: a container that starts again has another id.
 *
 * @throws UsageError for a name that the filter language has no quotes for
 */
function ownerWords(target: Candidate, survey: Survey): string {
  const { kind, key, workload } = target;
  const pod = podName(workload);
  const forms: readonly (string | undefined)[] =
    kind === "container"
      ? [byContainerName(target, survey), word("container", shortId(workload?.containerId ?? key))]
      : [kind === "pod" && pod !== undefined ? word("pod", pod) : undefined, word(kind, key)];
  const found = forms.find((form) => form !== undefined);
  if (found !== undefined) return found;
  throw new UsageError(`Cannot trace ${target.what}: a filter cannot quote its name`);
}

function byContainerName({ workload }: Candidate, survey: Survey): string | undefined {
  const { container } = workload ?? {};
  const pod = podName(workload);
  const name = container === undefined ? undefined : word("container", container);
  if (container === undefined || name === undefined) return undefined;
  const inPod = pod === undefined ? undefined : word("pod", pod);
  if (inPod !== undefined) return `(${inPod} and ${name})`;
  return candidatesFor(survey, ["container"], container).length === 1 ? name : undefined;
}

/** Undefined for what is not read back as it was: names are what others chose. */
function word(kind: Candidate["kind"], value: string): string | undefined {
  const text = printFilter({ kind: "owner", word: kind, value, at: { start: 0, end: 0 } });
  try {
    const { root } = parseFilter(text);
    return root.kind === "owner" && root.word === kind && root.value === value ? text : undefined;
  } catch (failure) {
    if (failure instanceof FilterError) return undefined;
    throw failure;
  }
}
