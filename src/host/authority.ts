/**
 * Everything that needs rights, acquired first and listed: what is not in the result cannot be had later.
 *
 * Whoever reads symbols, measures run times or enters namespaces takes what it needs of `Held` as an argument,
 * and has no other way: a NamespaceEntry is made here alone.
 */
import { enableRunStatistics } from "../bpf/index.ts";
import { PermissionError, SyscallError } from "../errors.ts";
import { Scope } from "../sys/scope.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { type Capability, type Rights, readRights } from "./capabilities.ts";
import { HeldNetns, insideNetns } from "./enter-netns.ts";
import { openNetnsFile } from "./namespace-file.ts";
import { NEEDS, type Need, type NeedName, needsOf, type Wanted } from "./needs.ts";
import { NetnsFinder } from "./netns-finder.ts";
import { HeldSymbols, type SymbolReader } from "./symbol-reader.ts";
import { demandRights, missingFor } from "./trace-rights.ts";

/** A need of this run, and what of it is missing. */
export interface HeldNeed extends Need {
  readonly name: NeedName;
  /** Undefined where the machine does not say what this process has. */
  readonly missing: readonly Capability[] | undefined;
}

/** What was acquired. Closed with the run. */
export interface Held extends Disposable {
  /** What the run needs rights for. */
  readonly needs: readonly HeldNeed[];
  readonly symbols: SymbolReader;
  /** Run times are measured as long as it is open; undefined where nobody asked. */
  readonly statistics: Disposable | undefined;
  /** Undefined where nobody asked. */
  readonly namespaces: NamespaceEntry | undefined;
}

/** The ways into other network namespaces. Rights are asked at each entry: they may be gone by then. */
class Entry implements Disposable {
  readonly #sys: Syscalls;
  readonly #finders = new Map<string, NetnsFinder>();
  #isOpen = true;

  constructor(sys: Syscalls) {
    this.#sys = sys;
  }

  /** Looks for the ways; `wanted` are the inode numbers of the only namespaces that matter. */
  finder(wanted?: readonly number[]): NetnsFinder {
    this.#demandOpen();
    return new NetnsFinder(wanted);
  }

  /** The same for all who want these: what one of them found the others need not look for. */
  sharedFinder(wanted?: readonly number[]): NetnsFinder {
    const key = wanted?.join() ?? "all";
    const finder = this.#finders.get(key) ?? this.finder(wanted);
    this.#finders.set(key, finder);
    return finder;
  }

  /**
   * Runs a synchronous function inside the namespace that `path` leads to. Undefined where it does not lead to
   * `inode` any more.
   *
   * @throws SyscallError of setns(2) where it may not be entered, StrandedError where it cannot be left
   */
  visit<T>(inode: number, path: string, run: () => T): T | undefined {
    this.#demandOpen();
    using netns = openNetnsFile(this.#sys, path, inode);
    return netns === undefined ? undefined : insideNetns(this.#sys, netns, run);
  }

  /**
   * Holds one open, and so keeps it, for as long as its counters are wanted.
   *
   * @throws UsageError where nothing leads there
   */
  hold(inode: number): HeldNetns {
    this.#demandOpen();
    return HeldNetns.open(this.#sys, inode);
  }

  #demandOpen(): void {
    if (!this.#isOpen) throw new Error("The run that was to enter namespaces is over");
  }

  [Symbol.dispose](): void {
    this.#isOpen = false;
  }
}

/** Made by `acquire` alone: the class is not exported. */
export type NamespaceEntry = Entry;

/**
 * Acquires what such a run needs.
 *
 * @throws PermissionError where nothing can be traced, or what was asked for by name must not be had
 */
export function acquire(sys: Syscalls, wanted: Wanted, rights: Rights = readRights()): Held {
  demandRights(rights);
  const scope = new Scope();
  try {
    return {
      needs: listNeeds(wanted, rights),
      symbols: scope.own(HeldSymbols.open()),
      statistics: wanted.cost ? scope.own(measureRunTimes(sys)) : undefined,
      namespaces: wanted.namespaces ? scope.own(new Entry(sys)) : undefined,
      [Symbol.dispose]: () => scope[Symbol.dispose](),
    };
  } catch (failure) {
    scope[Symbol.dispose]();
    throw failure;
  }
}

/** What such a run needs, and what of that this process lacks. Acquires nothing. */
export function listNeeds(wanted: Wanted, rights: Rights = readRights()): readonly HeldNeed[] {
  return needsOf(wanted).map((name) => {
    const need: Need = NEEDS[name];
    const missing = rights.capabilities === undefined ? undefined : missingFor(need, rights);
    return Object.freeze({ name, ...need, missing });
  });
}

function measureRunTimes(sys: Syscalls): Disposable {
  try {
    return enableRunStatistics(sys);
  } catch (cause) {
    if (!(cause instanceof SyscallError && cause.errnoName === "EPERM")) throw cause;
    const { capabilities } = NEEDS.statistics;
    throw new PermissionError(
      `Cannot measure what tracing costs: ${capabilities.join(" and ")} missing`,
      capabilities,
      {
        cause,
        hint: "Run as root, or do not ask for it: leave out --stats.",
      },
    );
  }
}
