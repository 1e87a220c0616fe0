/** Goes into a network namespace for a moment. Nothing of it is kept open. */
import { StrandedError, SyscallError } from "../../errors.ts";
import type { NamespaceEntry } from "../../host/authority.ts";
import type { NetnsFinder } from "../../host/netns-finder.ts";
import type { Steps } from "../../host/steps.ts";
import type { OwnerMissing } from "../../model/index.ts";

export type Visit<T> =
  | { readonly kind: "seen"; readonly value: T }
  | { readonly kind: "unseen"; readonly missing: OwnerMissing };

export interface NamespaceWaysOptions {
  /** Undefined: only the own namespace can be seen. */
  readonly entry: Pick<NamespaceEntry, "finder" | "visit"> | undefined;
  /** Inode number of this thread's namespace. */
  readonly own: number | undefined;
  readonly nowMs: () => number;
}

/** Ways to new namespaces are looked for so long at a time, and after w ms not again for so many times w. */
const SEARCH_MS = 20;
const PAUSE_TIMES = 50;

export class NamespaceWays {
  readonly #options: NamespaceWaysOptions;
  #finder: NetnsFinder | undefined;
  #steps: Steps<void> | undefined;
  #nextSearchMs = Number.NEGATIVE_INFINITY;
  #refusal: string | undefined;

  constructor(options: NamespaceWaysOptions) {
    this.#options = options;
  }

  /** Why a namespace could not be entered, the first time. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Inode numbers of the namespaces that a way is known to. */
  get known(): readonly number[] {
    const { own } = this.#options;
    return [...new Set([...(own === undefined ? [] : [own]), ...(this.#finder?.paths.keys() ?? [])])];
  }

  /**
   * Runs a synchronous function inside.
   *
   * @throws StrandedError where it cannot be left, and what the function throws
   */
  inside<T>(inode: number | undefined, run: () => T): Visit<T> {
    const { own, entry } = this.#options;
    if (inode === undefined) return { kind: "unseen", missing: "not_found" };
    if (inode === own) return { kind: "seen", value: run() };
    if (entry === undefined) return { kind: "unseen", missing: "rights" };
    return this.#through(inode, run) ?? this.#afterSearch(inode, run);
  }

  #afterSearch<T>(inode: number, run: () => T): Visit<T> {
    this.search();
    return this.#through(inode, run) ?? { kind: "unseen", missing: "not_found" };
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

  /** Goes on with a search that took too long, or begins one where the last was long ago. */
  search(): void {
    const { entry, nowMs } = this.#options;
    const start = nowMs();
    if (entry === undefined || start < this.#nextSearchMs) return;
    this.#finder ??= entry.finder();
    this.#steps ??= this.#finder.findNewSteps();
    while (nowMs() - start < SEARCH_MS) {
      if (this.#steps.next().done !== true) continue;
      this.#steps = undefined;
      break;
    }
    const end = nowMs();
    this.#nextSearchMs = end + PAUSE_TIMES * (end - start);
  }
}

function isRefusal(failure: unknown): failure is SyscallError {
  if (failure instanceof StrandedError) return false;
  return failure instanceof SyscallError && (failure.call === "setns" || failure.call === "open");
}
