/** Goes into a network namespace for a moment. Nothing of it is kept open. */
import { StrandedError, SyscallError } from "../../errors.ts";
import type { NamespaceEntry } from "../../host/authority.ts";
import type { NetnsFinder } from "../../host/netns-finder.ts";
import type { Steps } from "../../host/steps.ts";
import { machineFailure } from "../../listeners/machine-failure.ts";
import type { OwnerMissing } from "../../model/index.ts";
import { BoundedMap } from "./bounded-map.ts";

export type Visit<T> =
  | { readonly kind: "seen"; readonly value: T }
  | { readonly kind: "unseen"; readonly missing: OwnerMissing }
  /** A way there is still being looked for. */
  | { readonly kind: "later" };

export interface NamespaceWaysOptions {
  /** Undefined: only the own namespace can be seen. */
  readonly entry: Pick<NamespaceEntry, "finder" | "visit"> | undefined;
  /** Inode number of this thread's namespace. */
  readonly own: number | undefined;
  /** False: namespaces of other users' processes cannot be found. */
  readonly findsAll: boolean;
  readonly nowMs: () => number;
}

/** Ways to new namespaces are looked for so long at a time, and after w ms not again for so many times w. */
const SEARCH_MS = 5;
const PAUSE_TIMES = 50;
/** One that no way leads to is not looked for again before this: nobody waits for it twice. */
const MISSED_MS = 5000;
const MAX_MISSED = 4096;

export class NamespaceWays {
  readonly #options: NamespaceWaysOptions;
  #finder: NetnsFinder | undefined;
  #steps: Steps<void> | undefined;
  #searchMs = 0;
  #startedMs = Number.NEGATIVE_INFINITY;
  /** When the last whole search began. */
  #searchedMs = Number.NEGATIVE_INFINITY;
  #nextSearchMs = Number.NEGATIVE_INFINITY;
  #refusal: string | undefined;
  /** When a namespace was not found. */
  readonly #missedMs = new BoundedMap<number, number>(MAX_MISSED);

  constructor(options: NamespaceWaysOptions) {
    this.#options = options;
  }

  /** Why a namespace could not be entered, the first time. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Inode numbers of the namespaces that a way is known to; looks for new ones. */
  known(): readonly number[] {
    const { own, entry } = this.#options;
    if (entry !== undefined) this.#search(entry);
    return [...new Set([...(own === undefined ? [] : [own]), ...(this.#finder?.paths.keys() ?? [])])];
  }

  /** Goes on with the first search; true once it is over. */
  prepare(): boolean {
    const { entry } = this.#options;
    if (entry !== undefined && this.#searchedMs === Number.NEGATIVE_INFINITY) this.#search(entry);
    return entry === undefined || this.#searchedMs !== Number.NEGATIVE_INFINITY;
  }

  /** A search goes on with the next visit. */
  get isSearching(): boolean {
    return this.#steps !== undefined;
  }

  /**
   * Runs a synchronous function inside. Where no way is known, none is there once a search that began after
   * `sinceMs` has found none.
   *
   * @throws StrandedError where it cannot be left, and what the function throws
   */
  inside<T>(inode: number | undefined, sinceMs: number, run: () => T): Visit<T> {
    const { own, entry, nowMs } = this.#options;
    if (inode === undefined) return { kind: "unseen", missing: "not_found" };
    if (inode === own) return { kind: "seen", value: run() };
    if (entry === undefined) return { kind: "unseen", missing: "rights" };
    const known = this.#through(inode, run);
    if (known !== undefined) return known;
    const unseen = { kind: "unseen", missing: this.#options.findsAll ? "not_found" : "rights" } as const;
    const missedMs = this.#missedMs.get(inode);
    if (missedMs !== undefined && nowMs() - missedMs < MISSED_MS) return unseen;
    if (this.#searchedMs < sinceMs) this.#search(entry);
    if (this.#searchedMs < sinceMs) return { kind: "later" };
    const found = this.#through(inode, run);
    if (found === undefined) this.#missedMs.set(inode, nowMs());
    return found ?? unseen;
  }

  /** Undefined where no way leads there. */
  #through<T>(inode: number, run: () => T): Visit<T> | undefined {
    for (const path of this.#finder?.paths.get(inode) ?? []) {
      let value: { readonly of: T } | undefined;
      try {
        value = this.#options.entry?.visit(inode, path, () => ({ of: run() }));
      } catch (failure) {
        if (!isRefusal(failure)) throw failure;
        this.#refusal ??= failure.message;
        return { kind: "unseen", missing: "rights" };
      }
      if (value !== undefined) return { kind: "seen", value: value.of };
    }
    return undefined;
  }

  /** Goes on with a search, or begins one where the last was long enough ago. */
  #search(entry: Pick<NamespaceEntry, "finder">): void {
    const { nowMs } = this.#options;
    const start = nowMs();
    if (this.#steps === undefined) {
      if (start < this.#nextSearchMs) return;
      this.#finder ??= entry.finder();
      this.#steps = this.#finder.findNewSteps();
      this.#startedMs = start;
      this.#searchMs = 0;
    }
    try {
      while (this.#steps !== undefined && nowMs() - start < SEARCH_MS)
        if (this.#steps.next().done === true) this.#steps = undefined;
    } catch (failure) {
      // Without descriptors: what was found by then is what is known until the next search.
      this.#steps = undefined;
      this.#refusal ??= `Network namespaces could not all be looked for: ${machineFailure(failure)}`;
    }
    this.#searchMs += nowMs() - start;
    if (this.#steps !== undefined) return;
    this.#searchedMs = this.#startedMs;
    this.#nextSearchMs = nowMs() + PAUSE_TIMES * this.#searchMs;
  }
}

function isRefusal(failure: unknown): failure is SyscallError {
  if (failure instanceof StrandedError) return false;
  return failure instanceof SyscallError && (failure.call === "setns" || failure.call === "open");
}
