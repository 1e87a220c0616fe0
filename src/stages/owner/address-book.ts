/**
 * Which network namespace has an address: whom a forwarded segment is for. Read again when an address is asked
 * for that none has, and so seldom that it takes 2 % of a core at most.
 */
import type { NamespaceWays } from "./namespace-ways.ts";

export interface AddressBookOptions {
  readonly ways: Pick<NamespaceWays, "inside" | "known">;
  /** Of the namespace that this thread is in. */
  readonly list: () => readonly Uint8Array[];
  readonly nowMs: () => number;
  readonly onProblem: (failure: unknown) => void;
}

const MIN_PAUSE_MS = 1000;
const PAUSE_TIMES = 50;
/** Older than this, what is known is read again too: an address may have moved. */
const KEPT_MS = 5000;
const MAX_NAMESPACES = 1024;

export class AddressBook {
  readonly #options: AddressBookOptions;
  #namespaces: ReadonlyMap<string, readonly number[]> = new Map();
  #readMs = Number.NEGATIVE_INFINITY;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(options: AddressBookOptions) {
    this.#options = options;
  }

  /** Inode numbers of the namespaces that have it. */
  having(address: Uint8Array): readonly number[] {
    const key = address.join(".");
    const now = this.#options.nowMs();
    const isUnknown = !this.#namespaces.has(key) || now - this.#readMs > KEPT_MS;
    if (isUnknown && now >= this.#nextMs) this.#readAll(now);
    return this.#namespaces.get(key) ?? [];
  }

  #readAll(startMs: number): void {
    const { ways, nowMs } = this.#options;
    const namespaces = new Map<string, number[]>();
    for (const inode of ways.known().slice(0, MAX_NAMESPACES))
      for (const address of this.#read(inode, startMs)) {
        const key = address.join(".");
        namespaces.set(key, [...(namespaces.get(key) ?? []), inode]);
      }
    this.#namespaces = namespaces;
    this.#readMs = nowMs();
    this.#nextMs = this.#readMs + Math.max(MIN_PAUSE_MS, PAUSE_TIMES * (this.#readMs - startMs));
  }

  #read(inode: number, nowMs: number): readonly Uint8Array[] {
    try {
      const visit = this.#options.ways.inside(inode, nowMs, this.#options.list);
      return visit.kind === "seen" ? visit.value : [];
    } catch (failure) {
      this.#options.onProblem(failure);
      return [];
    }
  }
}
