/**
 * Which process holds a socket: looks at a few processes first, and walks all of them as the last resort.
 *
 * The narrow way: the process that held the socket when it was seen last, that which held the last socket of
 * the same cgroup, all processes of the cgroup. Each look says itself whether the guess was right, and whether
 * all descriptors of the socket have been seen: where not, others may hold it too, and a walk finds them. Where
 * there is none in time, the holder that was found is told, without saying how many hold it.
 */
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";
import type { OwnerMissing } from "../../model/index.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { Holder } from "./holder.ts";
import { NarrowLook } from "./narrow-look.ts";
import { NotFound } from "./not-found.ts";
import type { SocketBook } from "./socket-book.ts";
import { append, type SocketMachine } from "./socket-machine.ts";
import type { WalkBudget } from "./walk-budget.ts";

export type Found =
  | { readonly kind: "holder"; readonly holder: Holder }
  /** `former` held it when it was seen last. */
  | { readonly kind: "missing"; readonly missing: OwnerMissing; readonly former: Holder | undefined };

export interface Wanted {
  readonly inode: number;
  /** Of the socket. */
  readonly cgroupId: bigint | undefined;
  readonly answer: (found: Found) => void;
}

/** A holder that was seen so long ago is told without another look. */
const FRESH_MS = 250;
const MAX_CGROUPS = 16_384;

export interface FinderOptions {
  readonly machine: SocketMachine;
  readonly book: SocketBook;
  readonly budget: WalkBudget;
  readonly nowMs: () => number;
  /** Who waits longer for a walk is told that there is no budget. */
  readonly patienceMs: number;
  /** A walk has ended: something may be settled. */
  readonly onWalked: () => void;
  readonly onFailure: (failure: unknown) => void;
}

export class Finder implements Disposable {
  readonly #options: FinderOptions;
  readonly #narrow: NarrowLook;
  readonly #notFound: NotFound;
  /** The process that held the last socket of a cgroup. */
  readonly #lastOf = new BoundedMap<bigint, number>(MAX_CGROUPS);
  #wanted: Wanted[] = [];
  #forWalk: Wanted[] = [];
  #isWalking = false;
  #isSnapshotDue = false;
  /** Somebody was told that there is no budget: the next walk learns for the next time. */
  #isOwed = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: FinderOptions) {
    this.#options = options;
    this.#narrow = new NarrowLook(options);
    this.#notFound = new NotFound(options.nowMs);
  }

  /** Something waits for `look`: new, left over, or postponed for some milliseconds. */
  get hasWork(): boolean {
    return this.#wanted.length > 0;
  }

  /** The holder that was seen lately, also where others may hold the socket. It is told by who asks. */
  seen(inode: number): Holder | undefined {
    const { book, nowMs } = this.#options;
    const holder = book.holderOf(inode);
    if (holder === undefined || nowMs() - holder.seenMs > FRESH_MS) return undefined;
    book.tell(holder);
    return holder;
  }

  /** It is told as it is: it was seen lately, and all that hold the socket were. */
  #known(inode: number): Holder | undefined {
    const { book, nowMs } = this.#options;
    const holder = book.holderOf(inode);
    const isKnown = holder?.holders !== undefined && nowMs() - holder.seenMs <= FRESH_MS;
    return isKnown ? holder : undefined;
  }

  /** Answers at once or later, once. */
  find(wanted: Wanted): void {
    const holder = this.#known(wanted.inode);
    if (holder !== undefined) return this.#found(wanted, holder);
    if (this.#notFound.has(wanted.inode)) return this.#miss(wanted, "not_found");
    this.#wanted.push(wanted);
  }

  /** Looks at single processes until `untilMs`; what is left is for a walk, or for the next look. */
  look(untilMs: number): void {
    const asked = this.#wanted;
    this.#wanted = [];
    for (const [cgroupId, group] of byCgroup(asked)) {
      if (this.#options.nowMs() >= untilMs) this.#wanted.push(...group);
      else this.#lookFor(cgroupId, group);
    }
    this.#walkIfDue();
  }

  #lookFor(cgroupId: bigint | undefined, group: readonly Wanted[]): void {
    const last = cgroupId === undefined ? undefined : this.#lastOf.get(cgroupId);
    const isPostponed = this.#narrow.look(group, cgroupId, last);
    for (const wanted of group) {
      const holder = this.#known(wanted.inode);
      if (holder !== undefined) this.#found(wanted, holder);
      else if (isPostponed) this.#wanted.push(wanted);
      else this.#forWalk.push(wanted);
    }
  }

  #found(wanted: Wanted, holder: Holder): void {
    if (wanted.cgroupId !== undefined) this.#lastOf.set(wanted.cgroupId, holder.pid);
    this.#notFound.delete(wanted.inode);
    this.#options.book.tell(holder);
    wanted.answer({ kind: "holder", holder });
  }

  /** There is no walk: one that holds it may be known all the same. */
  #miss(wanted: Wanted, missing: OwnerMissing): void {
    const { inode, answer } = wanted;
    const holder = this.seen(inode);
    if (holder !== undefined) return this.#found(wanted, holder);
    answer({ kind: "missing", missing, former: this.#options.book.holderOf(inode) });
  }

  /** Learns of all sockets: once after the start. */
  learnAll(): void {
    this.#isOwed = true;
    this.#isSnapshotDue = true;
    this.#walkIfDue();
  }

  #walkIfDue(): void {
    if (this.#isWalking || this.#isClosed || (this.#forWalk.length === 0 && !this.#isOwed)) return;
    const { budget, patienceMs } = this.#options;
    const untilMs = budget.untilWalkMs;
    if (untilMs === 0) {
      this.#walk().catch(this.#options.onFailure);
      return;
    }
    if (untilMs > patienceMs) {
      this.#isOwed = true;
      for (const wanted of this.#forWalk.splice(0)) this.#miss(wanted, "budget");
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#tryWalk();
    }, Math.ceil(untilMs)).unref();
  }

  /** In a callback of its own. */
  #tryWalk(): void {
    try {
      this.#walkIfDue();
    } catch (failure) {
      this.#options.onFailure(failure);
    }
  }

  async #walk(): Promise<void> {
    const { machine, budget, onWalked, onFailure } = this.#options;
    // Those that come meanwhile may be of a process that was passed already.
    const asked = this.#forWalk.splice(0);
    this.#isWalking = true;
    this.#isOwed = false;
    const isSnapshot = this.#isSnapshotDue;
    this.#isSnapshotDue = false;
    const before = machine.cpuMs();
    let isWhole = false;
    try {
      isWhole = await this.#learnFrom();
    } catch (failure) {
      onFailure(failure);
    }
    this.#isWalking = false;
    // While the process starts its CPU time says nothing of the walk, which comes once.
    if (!isSnapshot) budget.walked(machine.cpuMs() - before);
    if (this.#isClosed) return;
    for (const wanted of asked) this.#answerFromWalk(wanted, isWhole);
    onWalked();
    this.#walkIfDue();
  }

  /** False where not all were looked at. */
  async #learnFrom(): Promise<boolean> {
    const { machine, book, nowMs } = this.#options;
    const files = new Map<number, SocketFile[]>();
    const isWhole = await machine.walk(
      () => true,
      (file) => append(files, file),
    );
    const now = nowMs();
    for (const ofOne of files.values()) book.learn(ofOne, isWhole, now);
    return isWhole;
  }

  #answerFromWalk(wanted: Wanted, isWhole: boolean): void {
    const holder = this.#known(wanted.inode);
    if (holder !== undefined) return this.#found(wanted, holder);
    if (!isWhole) return this.#miss(wanted, "late");
    this.#notFound.add(wanted.inode);
    this.#miss(wanted, "not_found");
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function byCgroup(asked: readonly Wanted[]): ReadonlyMap<bigint | undefined, readonly Wanted[]> {
  const groups = new Map<bigint | undefined, Wanted[]>();
  for (const wanted of asked) {
    const group = groups.get(wanted.cgroupId);
    if (group === undefined) groups.set(wanted.cgroupId, [wanted]);
    else group.push(wanted);
  }
  return groups;
}
