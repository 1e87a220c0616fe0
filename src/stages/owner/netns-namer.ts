/**
 * Names of network namespaces, by the processes in them. A namespace's inode number is used again soon after
 * it is gone; its cookie is not, so that names are kept by that where there is one.
 */
import type { ProcessEntry } from "../../capture/iterators/process-record.ts";
import { nameNetns } from "../../host/owner/netns-name.ts";
import type { Workload } from "../../model/index.ts";
import { BoundedMap } from "./bounded-map.ts";
import { NetnsCase } from "./netns-case.ts";
import { cgroupOfProcess, type OwnerNames } from "./owner-names.ts";

export interface NetnsNamerOptions {
  /** All processes; undefined where they are not known. */
  readonly processes: (() => Promise<readonly ProcessEntry[]>) | undefined;
  /** What `ip netns` calls them, by inode number. */
  readonly ipNetnsNames: () => ReadonlyMap<number, string>;
  /** Numbers of processes are the host's. */
  readonly seesHost: boolean;
  /** Of this process. */
  readonly ownPid: number;
  readonly names: OwnerNames;
  readonly nowMs: () => number;
  readonly onNamed: () => void;
  readonly onFailure: (failure: unknown) => void;
}

const KEPT_MS = 10_000;
const MAX_NAMESPACES = 4096;
/** Walks over processes: at most one in so many times what the last one took. */
const PAUSE_TIMES = 50;
const MIN_PAUSE_MS = 250;
/** Different cgroups of a namespace whose workloads are looked at. */
const MAX_CGROUPS = 16;

export class NetnsNamer {
  readonly #options: NetnsNamerOptions;
  readonly #cases = new BoundedMap<bigint | number, NetnsCase>(MAX_NAMESPACES);
  #waiting = new Set<NetnsCase>();
  /** Of the oldest process in each namespace, as of the last walk. */
  #cgroups: ReadonlyMap<number, bigint> = new Map();
  #isWalking = false;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(options: NetnsNamerOptions) {
    this.#options = options;
  }

  get hasWork(): boolean {
    return this.#waiting.size > 0 && !this.#isWalking;
  }

  /** Named now or later; a name that is old is told until there is a newer one. */
  case(inode: number | undefined, cookie: bigint | undefined): NetnsCase | undefined {
    const key = cookie ?? inode;
    if (key === undefined) return undefined;
    const now = this.#options.nowMs();
    const known = this.#cases.get(key);
    if (known?.isFresh(now) === true) return known;
    const named = known ?? new NetnsCase(inode, cookie);
    if (known === undefined) this.#cases.set(key, named);
    this.#waiting.add(named);
    return named;
  }

  /** The cgroup of a namespace's oldest process, as it was when names were looked for last. */
  cgroupOf(inode: number): bigint | undefined {
    return this.#cgroups.get(inode);
  }

  /** Begins to name all that wait. */
  run(): void {
    const { processes, nowMs } = this.#options;
    if (!this.hasWork) return;
    if (processes === undefined) return this.#nameAll([]);
    if (nowMs() < this.#nextMs) return;
    this.#isWalking = true;
    this.#walk(processes).catch(this.#options.onFailure);
  }

  async #walk(processes: () => Promise<readonly ProcessEntry[]>): Promise<void> {
    const { nowMs, onNamed, onFailure } = this.#options;
    const start = nowMs();
    try {
      this.#nameAll(await processes());
    } catch (failure) {
      this.#settle(() => undefined);
      onFailure(failure);
    }
    this.#isWalking = false;
    const now = nowMs();
    this.#nextMs = now + Math.max(MIN_PAUSE_MS, PAUSE_TIMES * (now - start));
    onNamed();
  }

  #nameAll(processes: readonly ProcessEntry[]): void {
    const byInode = new Map<number, ProcessEntry[]>();
    for (const process of processes) {
      // This one goes into others' namespaces for moments.
      if (process.pid === this.#options.ownPid) continue;
      const others = byInode.get(process.netns);
      if (others === undefined) byInode.set(process.netns, [process]);
      else others.push(process);
    }
    this.#cgroups = new Map([...byInode].map(([inode, all]) => [inode, oldestOf(all).cgroupId]));
    const ofInit = processes.find(({ pid }) => pid === 1);
    const ipNames = this.#waiting.size === 0 ? new Map<number, string>() : this.#options.ipNetnsNames();
    this.#settle((each) => this.#nameOf(each, byInode.get(each.inode ?? 0) ?? [], ofInit, ipNames));
  }

  /** Names all that wait; those that it fails at wait on. */
  #settle(nameOf: (each: NetnsCase) => string | undefined): void {
    const untilMs = this.#options.nowMs() + KEPT_MS;
    for (const each of this.#waiting) {
      each.settle(nameOf(each), untilMs);
      this.#waiting.delete(each);
    }
  }

  #nameOf(
    { inode, cookie }: NetnsCase,
    withInode: readonly ProcessEntry[],
    ofInit: ProcessEntry | undefined,
    ipNames: ReadonlyMap<number, string>,
  ): string | undefined {
    if (inode === undefined) return undefined;
    const { seesHost } = this.#options;
    const inside = withInode.filter((each) => isOf(each, cookie));
    // The number is another namespace's by now.
    if (inside.length === 0 && withInode.length > 0) return undefined;
    return nameNetns({
      isHost: seesHost && ofInit?.netns === inode,
      workloads: seesHost ? this.#workloads(inside) : [],
      ipNetnsName: ipNames.get(inode),
      oldest: seesHost ? this.#oldest(inside) : undefined,
    });
  }

  #workloads(inside: readonly ProcessEntry[]): readonly Workload[] {
    const byCgroup = new Map(inside.map((each) => [each.cgroupId, each]));
    return [...byCgroup.values()].slice(0, MAX_CGROUPS).flatMap((each) => this.#workloadOf(each) ?? []);
  }

  #oldest(inside: readonly ProcessEntry[]) {
    if (inside.length === 0) return undefined;
    const oldest = oldestOf(inside);
    const { pid, startNs, comm } = oldest;
    return { process: { pid, startNs, comm, exe: undefined }, workload: this.#workloadOf(oldest) };
  }

  #workloadOf({ pid, startNs, comm, cgroupId }: ProcessEntry): Workload | undefined {
    const { names } = this.#options;
    const known = cgroupOfProcess(
      names,
      cgroupId,
      names.process({ pid, startNs, comm, execId: undefined, isNow: true }),
    );
    return known === undefined ? undefined : names.workload(known, pid);
  }
}

/** Of at least one. */
function oldestOf(processes: readonly ProcessEntry[]): ProcessEntry {
  return processes.reduce((a, b) => (b.startNs < a.startNs ? b : a));
}

function isOf({ netnsCookie }: ProcessEntry, cookie: bigint | undefined): boolean {
  return cookie === undefined || netnsCookie === undefined || netnsCookie === cookie;
}
