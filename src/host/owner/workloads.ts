/** Workloads by cgroup: what the path says, completed with names from files. */
import type { Workload } from "../../model/owner.ts";
import { type CgroupMeaning, parseCgroupPath } from "./cgroup-path.ts";
import { readContainerNames } from "./container-names.ts";
import type { FilePlaces } from "./file-places.ts";
import type { ContainerNames, WantedContainer } from "./names-on-disk.ts";
import { RecentMap } from "./recent-map.ts";

const MAX_PATHS = 16_384;
const MAX_CONTAINERS = 4096;
/** The first one, and three more. */
const MAX_TRIES = 4;
const RETRY_MS = 1000;
/** Reading names takes about a millisecond: containers that start all at once wait for their turn. */
const MAX_READS_PER_SECOND = 50;

export interface WorkloadsOptions {
  /** "/" but in tests. */
  readonly root?: string;
  /** Whose files are believed: 0 but in tests. */
  readonly ownerUid?: number;
  readonly nowMs?: () => number;
}

/** Attempts to read names. */
interface Tries {
  made: number;
  nextMs: number;
}

/** Names of one container, and how often they were looked for: with a process to begin at, and without. */
interface Known {
  names: ContainerNames["names"];
  isComplete: boolean;
  readonly withPid: Tries;
  readonly withoutPid: Tries;
}

/** Of one path. */
interface Entry {
  readonly meaning: CgroupMeaning;
  workload: Workload | undefined;
  /** From which `workload` was made. */
  names: ContainerNames["names"] | undefined;
}

export class Workloads {
  readonly #places: FilePlaces;
  readonly #nowMs: () => number;
  readonly #entries = new RecentMap<string, Entry>(MAX_PATHS);
  /** By the container's own cgroup: an id alone may stand in the name of anybody's cgroup. */
  readonly #containers = new RecentMap<string, Known>(MAX_CONTAINERS);
  #secondStartMs = Number.NEGATIVE_INFINITY;
  #reads = 0;

  constructor({ root = "/", ownerUid = 0, nowMs = () => performance.now() }: WorkloadsOptions = {}) {
    this.#places = { root, ownerUid };
    this.#nowMs = nowMs;
  }

  /**
   * The workload of a cgroup; undefined where its path says nothing. Frozen, and the same object until more
   * is known.
   *
   * Names come from files, found through `anyPid`, a process in the cgroup, in the numbering of /proc; without
   * it there are fewer. Where they are not there yet, they are read again when asked for, three times, a second
   * apart. Never throws.
   */
  ofCgroup(path: string, anyPid?: number): Workload | undefined {
    const entry = this.#entry(path);
    const key = containerKey(path, entry.meaning);
    if (key === undefined) return entry.workload;
    const { names } = this.#container(key, path, entry.meaning, anyPid);
    if (entry.names !== names) {
      entry.names = names;
      entry.workload = completed(entry.meaning.workload, names);
    }
    return entry.workload;
  }

  #entry(path: string): Entry {
    const known = this.#entries.get(path);
    if (known !== undefined) return known;
    const meaning = parseCgroupPath(path);
    const entry: Entry = { meaning, workload: unlessEmpty(meaning.workload), names: undefined };
    this.#entries.set(path, entry);
    return entry;
  }

  #container(key: string, path: string, meaning: CgroupMeaning, anyPid: number | undefined): Known {
    const known = this.#containers.get(key) ?? {
      names: {},
      isComplete: false,
      withPid: { made: 0, nextMs: 0 },
      withoutPid: { made: 0, nextMs: 0 },
    };
    this.#containers.set(key, known);
    const tries = anyPid === undefined ? known.withoutPid : known.withPid;
    const nowMs = this.#nowMs();
    const wanted = wantedOf(path, meaning);
    const canFind = anyPid !== undefined || wanted.podUid !== undefined;
    const isDue = canFind && !known.isComplete && tries.made < MAX_TRIES && nowMs >= tries.nextMs;
    if (!isDue || !this.#mayRead(nowMs)) return known;
    const { names, isComplete } = readContainerNames(wanted, anyPid, this.#places);
    tries.made += 1;
    tries.nextMs = nowMs + RETRY_MS;
    known.isComplete = isComplete;
    if (Object.keys(names).length > 0) known.names = names;
    return known;
  }

  #mayRead(nowMs: number): boolean {
    if (nowMs - this.#secondStartMs >= 1000) {
      this.#secondStartMs = nowMs;
      this.#reads = 0;
    }
    this.#reads += 1;
    return this.#reads <= MAX_READS_PER_SECOND;
  }
}

/** What names are kept by; undefined where there are none to look for. */
function containerKey(
  path: string,
  { workload, containerFolder, isHelper }: CgroupMeaning,
): string | undefined {
  // Of lxc, nspawn and nomad the path has the name.
  if (isHelper || workload.container !== undefined) return undefined;
  if (containerFolder !== undefined || workload.podUid !== undefined) return containerFolder ?? path;
  // containerd's own namespaces: /default/NAME. The shim must say that it is one.
  return /^\/.+\/[^/]+$/s.test(path) && !/\.[a-z]+$/.test(path) ? path : undefined;
}

function wantedOf(path: string, { workload, containerFolder }: CgroupMeaning): WantedContainer {
  // There a user makes cgroups, and may call them like anybody's pod.
  const isUsers = path.startsWith("/user.slice/");
  return {
    containerId: workload.containerId,
    podUid: isUsers ? undefined : workload.podUid,
    containerFolder,
    lastPart: path.slice(path.lastIndexOf("/") + 1),
  };
}

/** The path's word stands above that of files. */
function completed(workload: Workload, names: ContainerNames["names"]): Workload | undefined {
  if (Object.keys(names).length === 0) return unlessEmpty(workload);
  return Object.freeze({
    ...workload,
    runtime: workload.runtime ?? names.runtime,
    containerId: workload.containerId ?? names.containerId,
    container: names.container,
    image: names.image,
    pod: names.pod,
    podNamespace: names.podNamespace,
    podUid: workload.podUid ?? names.podUid,
  });
}

function unlessEmpty(workload: Workload): Workload | undefined {
  return Object.values(workload).some((value) => value !== undefined) ? workload : undefined;
}
