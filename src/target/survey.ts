/** What runs on this machine: every process with its unit, container and pod, as files say. Only read. */
import { belowRoot, namesIn } from "../host/below-root.ts";
import { parseCgroupPath } from "../host/owner/cgroup-path.ts";
import { type ProcessFacts, readProcessFacts } from "../host/owner/process-facts.ts";
import { Workloads } from "../host/owner/workloads.ts";
import type { Workload } from "../model/index.ts";

export interface RunningProcess extends ProcessFacts {
  readonly workload: Workload | undefined;
  /** The container's own cgroup; absent where the path names none. */
  readonly containerFolder: string | undefined;
  /** systemd's unit on this host; one inside of a container is that container's. */
  readonly unit: string | undefined;
  /** Containers of one group share a network namespace: a pod, of Kubernetes or podman. */
  readonly group: string | undefined;
  /** A container runtime's own process near a container, like conmon. */
  readonly isHelper: boolean;
}

export interface Survey {
  readonly processes: readonly RunningProcess[];
  /** The network namespace that the machine began with; undefined where nothing says which. */
  readonly hostNetns: number | undefined;
}

export interface SurveyOptions {
  /** "/" but in tests. */
  readonly root?: string;
  /** Whose files are believed: 0 but in tests. */
  readonly ownerUid?: number;
}

/** PID of kthreadd, which never leaves the first network namespace. */
const KTHREADD = 2;
const A_SECOND_MS = 1000;

const WITHOUT_WORKLOAD = {
  workload: undefined,
  containerFolder: undefined,
  unit: undefined,
  group: undefined,
  isHelper: false,
} as const;

/** Never throws, but where there is no descriptor to look with. */
export function surveyMachine({ root = "/", ownerUid }: SurveyOptions = {}): Survey {
  // Names of containers are read some fifty a second; here all are wanted at once, and never again.
  let nowMs = 0;
  const workloads = new Workloads({
    root,
    ...(ownerUid === undefined ? {} : { ownerUid }),
    nowMs: () => {
      nowMs += A_SECOND_MS;
      return nowMs;
    },
  });
  const found = namesIn(belowRoot(root, "proc"))
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcessFacts(Number(name), root) ?? []);
  // What one process of a container leads to is then known of the others too.
  for (const facts of found) withWorkload(facts, workloads);
  const processes = found.map((facts) => withWorkload(facts, workloads));
  return { processes, hostNetns: hostNetns(processes) };
}

function withWorkload(facts: ProcessFacts, workloads: Workloads): RunningProcess {
  const path = facts.cgroup;
  if (path === undefined || path === "/") return { ...facts, ...WITHOUT_WORKLOAD };
  const { workload, containerFolder, isHelper } = parseCgroupPath(path);
  const named = workloads.ofCgroup(path, facts.pid);
  return {
    ...facts,
    workload: named,
    containerFolder,
    // Of a quadlet, the container is in the cgroup of the unit; in a container that runs systemd, the unit is inside.
    unit: containerFolder === undefined ? workload.unit : parseCgroupPath(containerFolder).workload.unit,
    group: named?.podUid ?? podmanPod(path),
    isHelper,
  };
}

/** Podman's folders of pods: machine-libpod_pod_ID.slice, and the bare id with cgroupfs. */
function podmanPod(path: string): string | undefined {
  return /(?:libpod_pod_|\/libpod_parent\/)([0-9a-f]{64})(?:\.slice)?\//.exec(path)?.[1];
}

function hostNetns(processes: readonly RunningProcess[]): number | undefined {
  const first = (pid: number): RunningProcess | undefined => processes.find((one) => one.pid === pid);
  const kthreadd = first(KTHREADD);
  return first(1)?.netns ?? (kthreadd?.comm === "kthreadd" ? kthreadd.netns : undefined);
}
