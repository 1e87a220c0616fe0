/**
 * What the machine shows beside the drops, for the report at the end of a run: the kernel's counters of network
 * namespaces at both ends, and their settings and listening sockets at the end. Only read; bounded in number and
 * time.
 */

import { decodeListeners, type Listener } from "../capture/kinds/refused/decode-listener.ts";
import { listenerRecord } from "../capture/kinds/refused/listener-record.ts";
import type { ConntrackState, Incident, ListenerState, NetnsEvidence } from "../findings/index.ts";
import type { NamespaceEntry } from "../host/authority.ts";
import { readConntrackCounters } from "../host/conntrack-counters.ts";
import { type Link, listDevices } from "../host/links.ts";
import { counterChange, type NetCounters, readNetCounters } from "../host/net-counters.ts";
import { readNetSysctls } from "../host/net-sysctl.ts";
import type { NetnsFinder } from "../host/netns-finder.ts";
import { wayInto } from "../host/netns-way.ts";
import type { Steps } from "../host/steps.ts";
import { machineFailure } from "../listeners/machine-failure.ts";

/** Namespaces whose counters are read at the start, of those that nobody named. */
const MAX_AT_START = 32;
/** Namespaces that are looked at in the end: those with incidents, most drops first, then those that were asked for. */
const MAX_AT_END = 16;
/** Of a namespace. Some of them would not show that nobody listens; decoding these takes some 20 ms. */
const MAX_LISTENERS = 16_384;

export interface SnapshotOptions {
  /** Undefined: only the own namespace can be read. */
  readonly entry: NamespaceEntry | undefined;
  /** Inode number of the namespace of this thread. */
  readonly own: number | undefined;
  /** Inode numbers of the only namespaces that are traced; undefined for all. */
  readonly wanted: readonly number[] | undefined;
  /** Walks the listening sockets of the namespace that this thread is in. */
  readonly walk: () => Uint8Array;
  readonly nowMs?: () => number;
}

export class MachineSnapshots {
  readonly #options: SnapshotOptions;
  readonly #finder: NetnsFinder | undefined;
  readonly #nowMs: () => number;
  readonly #before = new Map<number, NetCounters>();
  readonly #problems = new Map<number, string>();
  /** Why namespaces could not all be looked for. */
  #startProblem: string | undefined;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#finder = options.entry?.sharedFinder(options.wanted);
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Reads counters for the first time: a step is one namespace, or one file that was looked at. */
  *start(): Steps<void> {
    try {
      yield* this.#start();
    } catch (failure) {
      this.#startProblem = machineFailure(failure);
    }
  }

  *#start(): Steps<void> {
    const { own, wanted } = this.#options;
    if (own !== undefined && (wanted?.includes(own) ?? true)) this.#readFirst(own);
    if (this.#finder === undefined) return;
    // The watch over listening sockets has just found them, where there is one.
    if (this.#finder.paths.size === 0) yield* this.#finder.findAllSteps();
    const others = [...this.#finder.paths.keys()].filter((inode) => inode !== own);
    for (const inode of wanted === undefined ? others.slice(0, MAX_AT_START) : others) {
      this.#readFirst(inode);
      yield;
    }
  }

  /**
   * Of the namespaces with incidents, those that were asked for, and the own one, as far as there is time until
   * `untilMs`. May be called more than once.
   */
  evidence(incidents: readonly Incident[], untilMs: number): readonly NetnsEvidence[] {
    const { own, wanted } = this.#options;
    const asked = wanted ?? [];
    const inodes = [...new Set([...incidents.flatMap(({ netns }) => netns ?? []), ...asked])];
    inodes.splice(MAX_AT_END);
    if (own !== undefined && !inodes.includes(own) && (wanted?.includes(own) ?? true)) inodes.push(own);
    if (inodes.some((inode) => inode !== own && !this.#finder?.paths.has(inode))) this.#findNew(untilMs);
    return inodes.map((inode) => this.#evidenceOf(inode, incidents, untilMs));
  }

  /** What is not found has its own problem. */
  #findNew(untilMs: number): void {
    try {
      const steps = this.#finder?.findNewSteps();
      while (steps?.next().done === false && this.#nowMs() < untilMs);
    } catch (failure) {
      this.#startProblem ??= machineFailure(failure);
    }
  }

  #readFirst(inode: number): void {
    const counters = this.#inside(inode, readCounters);
    if (counters !== undefined) this.#before.set(inode, counters);
  }

  #evidenceOf(inode: number, incidents: readonly Incident[], untilMs: number): NetnsEvidence {
    const isOwn = inode === this.#options.own;
    const way = wayInto(this.#pathsTo(inode), isOwn);
    const ifnames = incidents.filter(({ netns }) => netns === inode).flatMap(({ ifname }) => ifname ?? []);
    const hasTime = this.#nowMs() < untilMs;
    const read = hasTime ? this.#inside(inode, () => this.#readAll(inode, [...new Set(ifnames)])) : undefined;
    const before = this.#before.get(inode);
    const problems = [
      ...(hasTime ? [] : ["there was no time to look at it"]),
      ...(before === undefined ? ["its counters were not read when the run began"] : []),
      ...[this.#startProblem, this.#problems.get(inode)].filter((problem) => problem !== undefined),
    ];
    return {
      inode,
      ...way,
      rose: read === undefined || before === undefined ? undefined : rises(before, read.counters, isOwn),
      sysctl: read?.sysctl,
      listeners: read?.listeners,
      links: read?.links,
      conntrack: conntrackOf(read?.sysctl),
      problems,
    };
  }

  #readAll(inode: number, ifnames: readonly string[]) {
    return {
      counters: readCounters(),
      sysctl: readNetSysctls(ifnames),
      listeners: this.#listeners(inode),
      links: this.#links(inode),
    };
  }

  /** Those of the namespace that this thread is in, which is `inode`. */
  #links(inode: number): readonly Link[] | undefined {
    try {
      return listDevices();
    } catch (failure) {
      this.#problems.set(inode, `its devices could not be listed: ${machineFailure(failure)}`);
    }
    return undefined;
  }

  #listeners(inode: number): readonly ListenerState[] | undefined {
    try {
      const records = this.#options.walk();
      const count = records.length / listenerRecord.size;
      if (count <= MAX_LISTENERS) return decodeListeners(records).map(stateOf);
      this.#problems.set(inode, `it has ${count} listening sockets: too many to look at`);
    } catch (failure) {
      this.#problems.set(inode, `its listening sockets could not be listed: ${machineFailure(failure)}`);
    }
    return undefined;
  }

  /** Undefined where it cannot be entered, or nothing leads there any more. */
  #inside<T>(inode: number, read: () => T): T | undefined {
    this.#problems.delete(inode);
    try {
      if (inode === this.#options.own) return read();
      for (const path of this.#pathsTo(inode)) {
        const result = this.#options.entry?.visit(inode, path, read);
        if (result !== undefined) return result;
      }
      this.#problems.set(inode, "no name and no process leads to it");
    } catch (failure) {
      this.#problems.set(inode, machineFailure(failure));
    }
    return undefined;
  }

  #pathsTo(inode: number): readonly string[] {
    return this.#finder?.paths.get(inode) ?? [];
  }
}

function stateOf({ address, port, takesIpv4, acceptQueue, acceptQueueLimit }: Listener): ListenerState {
  return { address, port, takesIpv4, acceptQueue, backlog: acceptQueueLimit };
}

function readCounters(): NetCounters {
  return new Map([...readNetCounters(), ...readConntrackCounters()]);
}

/**
 * Counters that were there at both ends, those that stood still too. softnet_stat is the machine's: it stands with
 * the own namespace alone.
 */
function rises(before: NetCounters, after: NetCounters, isOwn: boolean): ReadonlyMap<string, number> {
  const rose = new Map<string, number>();
  for (const name of after.keys()) {
    const change = counterChange(before, after, name);
    if (change.kind === "rose" && (isOwn || !name.startsWith("softnet."))) rose.set(name, change.by);
  }
  return rose;
}

function conntrackOf(sysctl: ReadonlyMap<string, string> | undefined): ConntrackState | undefined {
  const count = numberOf(sysctl?.get("net/netfilter/nf_conntrack_count"));
  const max = numberOf(sysctl?.get("net/netfilter/nf_conntrack_max"));
  return count === undefined || max === undefined ? undefined : { count, max };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
