/** What of a survey a name may mean. Pure. */
import { podName } from "../findings/index.ts";
import type { Workload } from "../model/index.ts";
import { shownName } from "./quoted.ts";
import type { RunningProcess, Survey } from "./survey.ts";
import type { TargetKind } from "./wanted.ts";

export interface Candidate {
  readonly kind: TargetKind;
  /** The same for all processes of it, and for no other candidate. */
  readonly key: string;
  /** What to type for it, and nothing else. */
  readonly typed: string;
  /** "container web (docker, 4f1d2c3b4a59)", for people. */
  readonly what: string;
  /** Of a container or pod, as far as it is known. */
  readonly workload: Workload | undefined;
  /** At least one. */
  readonly processes: readonly RunningProcess[];
}

/** As many digits as docker prints. */
const ID_DIGITS = 12;
/** Fewer may be anybody's. */
const LEAST_ID_DIGITS = 4;

/**
 * All of these kinds that have the name, in the order of the kinds. The beginning of an id counts where no
 * container has the whole of it for its name or id.
 */
export function candidatesFor(
  { processes }: Survey,
  kinds: readonly TargetKind[],
  name: string,
): readonly Candidate[] {
  return kinds.flatMap((kind) => {
    const exact = grouped(processes, kind, (process) => KINDS[kind].isCalled(process, name));
    if (kind !== "container") return exact;
    return withoutNested(
      exact.length > 0 ? exact : grouped(processes, kind, (process) => isStartOfId(process, name)),
    );
  });
}

/**
 * Whoever is in a container may make a cgroup there that has another container's id in its name: that one is
 * meant.
 */
function withoutNested(containers: readonly Candidate[]): readonly Candidate[] {
  const isNested = ({ workload }: Candidate): boolean => workload?.containerOuter !== undefined;
  const outside = new Set(
    containers.filter((one) => !isNested(one)).map(({ workload }) => workload?.containerId),
  );
  return containers.filter((one) => !isNested(one) || !outside.has(one.workload?.containerId));
}

function grouped(
  processes: readonly RunningProcess[],
  kind: TargetKind,
  isWanted: (process: RunningProcess) => boolean,
): readonly Candidate[] {
  const found = new Map<string, RunningProcess[]>();
  for (const process of processes) {
    const key = isWanted(process) ? KINDS[kind].keyOf(process) : undefined;
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), process]);
  }
  return [...found].map(([key, members]) => candidateOf(kind, key, members));
}

/** What can be typed for everything that runs; processes by number are not among it. */
export function allNames({ processes }: Survey): readonly string[] {
  const names = new Set<string>();
  for (const { unit, workload } of processes) {
    if (unit !== undefined) names.add(`unit:${unit}`);
    if (workload?.container !== undefined) names.add(`container:${workload.container}`);
    const pod = podName(workload);
    if (pod !== undefined) names.add(`pod:${pod}`);
  }
  return [...names];
}

interface KindOfCandidate {
  isCalled(process: RunningProcess, name: string): boolean;
  keyOf(process: RunningProcess): string | undefined;
}

const KINDS: Readonly<Record<TargetKind, KindOfCandidate>> = {
  pid: {
    isCalled: ({ pid }, name) => String(pid) === name,
    keyOf: ({ pid }) => String(pid),
  },
  unit: {
    isCalled: ({ unit }, name) => unit === name || unit === `${name}.service`,
    keyOf: ({ unit }) => unit,
  },
  container: {
    isCalled: ({ workload, isHelper }, name) =>
      !isHelper && [workload?.container, workload?.containerId].includes(name),
    // By its cgroup: an id alone may stand in the name of anybody's.
    keyOf: ({ workload, containerFolder }) =>
      workload?.containerId === undefined ? undefined : (containerFolder ?? workload.containerId),
  },
  pod: {
    isCalled: ({ workload, isHelper }, name) =>
      !isHelper &&
      workload !== undefined &&
      [workload.podUid, workload.pod, podName(workload)].includes(name),
    keyOf: ({ workload }) => workload?.podUid ?? podName(workload),
  },
};

function isStartOfId({ workload, isHelper }: RunningProcess, name: string): boolean {
  const id = workload?.containerId ?? "";
  const isStart = name.length >= LEAST_ID_DIGITS && isHex(id) && id.startsWith(name);
  return isStart && !isHelper;
}

function isHex(id: string): boolean {
  return /^[0-9a-f]{64}$/.test(id);
}

function candidateOf(kind: TargetKind, key: string, processes: readonly RunningProcess[]): Candidate {
  const named = processes.find(({ workload }) => workload?.container !== undefined) ?? processes[0];
  const workload = named?.workload;
  const shared = { kind, key, processes, workload };
  const pod = podName(workload);
  switch (kind) {
    case "pid":
      return { ...shared, typed: `pid:${key}`, what: `process ${shownName(named?.comm ?? "?")}[${key}]` };
    case "unit":
      return { ...shared, typed: `unit:${key}`, what: `unit ${shownName(key)}` };
    case "pod":
      return { ...shared, typed: `pod:${pod ?? key}`, what: `pod ${shownName(pod ?? key)}` };
    case "container": {
      const id = workload?.containerId ?? key;
      return { ...shared, typed: `container:${shortId(id)}`, what: containerWords(id, workload) };
    }
  }
}

/** "container web (docker, 4f1d2c3b4a59)" */
function containerWords(id: string, workload: Workload | undefined): string {
  const { container, runtime } = workload ?? {};
  const pod = podName(workload);
  const about = [runtime, shortId(id), ...(pod === undefined ? [] : [`pod ${pod}`])].filter(
    (part) => part !== undefined && part !== container,
  );
  const called = container === undefined ? "without a name" : shownName(container);
  return `container ${called} (${about.map((part) => shownName(part ?? "")).join(", ")})`;
}

/** As docker prints it. */
export function shortId(id: string): string {
  return isHex(id) ? id.slice(0, ID_DIGITS) : id;
}
