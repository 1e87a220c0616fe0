/**
 * What a cgroup's path says: systemd unit, container, pod. Pure: no file is read.
 *
 * The innermost container wins; the outermost one around it is `containerOuter`. Whoever may make cgroups
 * chooses their names: in a delegated subtree that is an ordinary user.
 */
import type { Workload } from "../../model/owner.ts";
import { containerIn } from "./container-folder.ts";

export interface CgroupMeaning {
  readonly workload: Workload;
  /** The container's own cgroup, which may be above the one that was asked for; absent outside of containers. */
  readonly containerFolder: string | undefined;
  /** A helper of a container runtime, like conmon: near a container, and not in it. */
  readonly isHelper: boolean;
}

/** PATH_MAX: the kernel gives no longer path. */
const MAX_PATH = 4096;

const UNIT = /\.(?:service|scope|socket|mount|swap)$/;
/** Kubelet's folders of pods, with both cgroup drivers; a static pod's uid is a hash of 32 digits. */
const POD = /(?:^|-)pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice(?::.*)?)?$/;
const HELPER = /^(?:crio-conmon-|libpod-conmon-|conmon-)|^(?:kata_overhead|conmon)$/;

const NOTHING: Workload = {
  unit: undefined,
  runtime: undefined,
  containerId: undefined,
  container: undefined,
  image: undefined,
  containerOuter: undefined,
  pod: undefined,
  podNamespace: undefined,
  podUid: undefined,
};

/** `path` begins with "/", as in /proc/PID/cgroup. Never throws. */
export function parseCgroupPath(path: string): CgroupMeaning {
  if (path.length > MAX_PATH) return { workload: NOTHING, containerFolder: undefined, isHelper: false };
  const parts = path.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  let unit: string | undefined;
  let podUid: string | undefined;
  let isHelper = false;
  const containers: { id: string; runtime: string | undefined; name: string | undefined; depth: number }[] =
    [];
  for (const [depth, part] of parts.entries()) {
    podUid = POD.exec(part)?.[1]?.replaceAll("_", "-") ?? podUid;
    if (HELPER.test(part)) isHelper = true;
    const container = HELPER.test(part) ? undefined : containerIn(parts, depth);
    if (container !== undefined) containers.push({ ...container, depth });
    else if (UNIT.test(part)) unit = unitName(part);
  }
  const inner = containers.at(-1);
  const outer = containers.length > 1 ? containers[0] : undefined;
  const workload = {
    ...NOTHING,
    unit,
    podUid,
    runtime: inner?.runtime,
    containerId: inner?.id,
    container: inner?.name,
    containerOuter: outer?.id,
  };
  const containerFolder = inner === undefined ? undefined : `/${parts.slice(0, inner.depth + 1).join("/")}`;
  return { workload: Object.freeze(workload), containerFolder, isHelper };
}

/**
 * systemd puts "_" before what would clash with the kernel's files (cg_escape in src/basic/cgroup-util.c).
 * "\x2d" stays: it is part of the unit's name, as `systemctl` prints and takes it.
 */
function unitName(part: string): string {
  return part.startsWith("_") ? part.slice(1) : part;
}

/** Stands behind the path of a cgroup that is removed: proc_cgroup_show in kernel/cgroup/cgroup.c. */
const DELETED = " (deleted)";

/** Hierarchies of cgroup v1 in which runtimes make containers' folders. */
const V1_CONTROLLERS = ["name=systemd", "pids", "memory", "cpu"] as const;

/**
 * The path that says most, of the lines in /proc/PID/cgroup: the first one that names a container; else that of
 * cgroup v2, or systemd's own hierarchy where everything is in the root of v2. Undefined without any of them.
 * Never throws.
 *
 * Leading `/..` is what a process in a cgroup namespace sees of what is above it: it is cut.
 */
export function chooseCgroupPath(text: string): string | undefined {
  const byController = new Map<string, string>();
  for (const line of text.split("\n")) {
    // ID:CONTROLLERS:PATH; the path may have colons. The line of cgroup v2 begins with "0::".
    const [, controllers, path] = /^\d{1,10}:([^:]*):(\/.*)$/s.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const cut = withoutParents(path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path);
    for (const controller of controllers.split(","))
      if (!byController.has(controller)) byController.set(controller, cut);
  }
  const [unified, systemd] = ["", "name=systemd"].map((name) => byController.get(name));
  // Most hierarchies have the same paths.
  const candidates = [...new Set(["", ...V1_CONTROLLERS].flatMap((name) => byController.get(name) ?? []))];
  return (
    candidates.find((path) => parseCgroupPath(path).containerFolder !== undefined) ??
    [unified, systemd].find((path) => path !== undefined && path !== "/" && path !== "/init.scope") ??
    unified ??
    candidates[0]
  );
}

function withoutParents(path: string): string {
  let at = 0;
  while (path.startsWith("/..", at) && (path.length === at + 3 || path[at + 3] === "/")) at += 3;
  return path.slice(at) || "/";
}
