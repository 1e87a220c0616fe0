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
const MAX_NAMESPACES = 4096;

/** Inode numbers of the namespaces that have it. */
type OnFound = (namespaces: readonly number[]) => void;

interface Reading {
  readonly left: number[];
  readonly namespaces: Map<string, number[]>;
  takenMs: number;
}

export class AddressBook {
  readonly #options: AddressBookOptions;
  #namespaces: ReadonlyMap<string, readonly number[]> = new Map();
  #waiting: { readonly key: string; readonly answer: OnFound }[] = [];
  #reading: Reading | undefined;
  #readMs = Number.NEGATIVE_INFINITY;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(options: AddressBookOptions) {
    this.#options = options;
  }

  get hasWork(): boolean {
    return this.#waiting.length > 0;
  }

  /** Answers at once, or from `run`. */
  having(address: Uint8Array, answer: OnFound): void {
    const key = address.join(".");
    const now = this.#options.nowMs();
    const isUnknown = !this.#namespaces.has(key) || now - this.#readMs > KEPT_MS;
    const mayRead = this.#reading !== undefined || now >= this.#nextMs;
    if (isUnknown && mayRead) this.#waiting.push({ key, answer });
    else answer(this.#namespaces.get(key) ?? []);
  }

  /** Reads addresses until `untilMs`: a visit takes some 0.2 ms. */
  run(untilMs: number): void {
    if (!this.hasWork) return;
    const { ways, nowMs } = this.#options;
    this.#reading ??= { left: ways.known().slice(0, MAX_NAMESPACES), namespaces: new Map(), takenMs: 0 };
    const startMs = nowMs();
    const { left, namespaces } = this.#reading;
    while (left.length > 0 && nowMs() < untilMs) this.#read(left.pop() ?? 0, namespaces, startMs);
    const endMs = nowMs();
    this.#reading.takenMs += endMs - startMs;
    if (left.length === 0) this.#finish(this.#reading, endMs);
  }

  #read(inode: number, namespaces: Map<string, number[]>, nowMs: number): void {
    try {
      const visit = this.#options.ways.inside(inode, nowMs, this.#options.list);
      for (const address of visit.kind === "seen" ? visit.value : []) {
        const key = address.join(".");
        const others = namespaces.get(key);
        if (others === undefined) namespaces.set(key, [inode]);
        else others.push(inode);
      }
    } catch (failure) {
      this.#options.onProblem(failure);
    }
  }

  #finish({ namespaces, takenMs }: Reading, nowMs: number): void {
    this.#reading = undefined;
    this.#namespaces = namespaces;
    this.#readMs = nowMs;
    this.#nextMs = nowMs + Math.max(MIN_PAUSE_MS, PAUSE_TIMES * takenMs);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { key, answer } of waiting) answer(namespaces.get(key) ?? []);
  }
}
