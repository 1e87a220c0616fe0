/**
 * What a container is called: container, image, pod. From files alone, without anybody's API.
 *
 * The process that watches over a container, a containerd shim or conmon, is an ancestor of all in it, and
 * leads to its files. Such a keeper is believed where it runs as root and outside of the container: inside,
 * a process may call itself what it likes.
 */
import { readConmonNames } from "./conmon-names.ts";
import type { FilePlaces } from "./file-places.ts";
import { readProcStart } from "./hostile-file.ts";
import type { ContainerNames, NamesOnDisk, WantedContainer } from "./names-on-disk.ts";
import { readPodLogNames } from "./pod-log-names.ts";
import { type ProcessFacts, readProcessFacts, withProcess } from "./process-facts.ts";
import { readShimNames } from "./shim-names.ts";

/** Generations between a process and its keeper. */
const MAX_PARENTS = 16;
const MAX_CMDLINE_BYTES = 64 * 1024;

/** `anyPid` is any process in the container. Never throws. */
export function readContainerNames(
  wanted: WantedContainer,
  anyPid: number | undefined,
  places: FilePlaces,
): ContainerNames {
  const found = anyPid === undefined ? undefined : askKeeper(wanted, anyPid, places);
  if (found?.isComplete === true || wanted.podUid === undefined) return found ?? NOTHING_YET;
  // Less than the keeper's, and readable by everybody.
  const ofLogs = readPodLogNames(wanted.podUid, places);
  return { names: { ...ofLogs, ...withoutAbsent(found?.names ?? {}) }, isComplete: false };
}

const NOTHING_YET: ContainerNames = { names: {}, isComplete: false };

function askKeeper(wanted: WantedContainer, anyPid: number, places: FilePlaces): ContainerNames | undefined {
  let child = readProcessFacts(anyPid, places.root);
  for (let generation = 0; generation < MAX_PARENTS; generation += 1) {
    const parent = child === undefined ? undefined : readParent(child, places.root);
    if (parent === undefined) return undefined;
    const names = isInside(parent, wanted.containerFolder)
      ? undefined
      : namesOf(parent, wanted, anyPid, places);
    if (names !== undefined) return names;
    child = parent;
  }
  return undefined;
}

function readParent(child: ProcessFacts, root: string): ProcessFacts | undefined {
  if (child.ppid === undefined || child.ppid <= 1) return undefined;
  const parent = readProcessFacts(child.ppid, root);
  // One that started later got the number of a parent that has ended.
  const isOlder = (parent?.startTicks ?? Number.POSITIVE_INFINITY) <= (child.startTicks ?? 0);
  return isOlder ? parent : undefined;
}

/** True too where that is not known. */
function isInside({ cgroup }: ProcessFacts, folder: string | undefined): boolean {
  if (cgroup === undefined) return true;
  return folder !== undefined && (cgroup === folder || cgroup.startsWith(`${folder}/`));
}

/** Undefined where the process is no keeper of what is wanted. */
function namesOf(
  keeper: ProcessFacts,
  wanted: WantedContainer,
  anyPid: number,
  places: FilePlaces,
): ContainerNames | undefined {
  // comm has 15 bytes at most: the names of all shims begin so.
  const isShim = keeper.comm === "containerd-shim";
  if (!isShim && keeper.comm !== "conmon") return undefined;
  return withProcess(keeper.pid, places.root, (folder) => {
    const words = (readProcStart(`${folder}/cmdline`, MAX_CMDLINE_BYTES) ?? "").split("\0");
    const isTrusted = keeper.uid === places.ownerUid;
    if (!isShim) return readConmonNames(folder, words, wanted, isTrusted, places);
    return isTrusted ? readShimNames(folder, words, wanted, anyPid, places) : undefined;
  });
}

function withoutAbsent(names: Partial<NamesOnDisk>): Partial<NamesOnDisk> {
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));
}
