/** Looks for the holders of some sockets of one cgroup at single processes: likely ones first. */
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";
import { BoundedMap } from "./bounded-map.ts";
import { areAllSeen, type Holder, isSameProcess, isUnchanged } from "./holder.ts";
import type { SocketBook } from "./socket-book.ts";
import { append, type SocketMachine } from "./socket-machine.ts";
import type { WalkBudget } from "./walk-budget.ts";

/** After a look that took w ms a process is left alone for so many times w, */
const PAUSE_TIMES = 20;
/** and for no longer than this. */
const MAX_PAUSE_MS = 50;
const MAX_PROCESSES = 16_384;

interface NarrowOptions {
  readonly machine: SocketMachine;
  readonly book: SocketBook;
  readonly budget: WalkBudget;
  readonly nowMs: () => number;
}

export class NarrowLook {
  readonly #options: NarrowOptions;
  /** When a process may be looked at again. */
  readonly #nextMs = new BoundedMap<number, number>(MAX_PROCESSES);

  constructor(options: NarrowOptions) {
    this.#options = options;
  }

  /**
   * What is found is in the book; where others may hold it too, it says so. `last` held the last socket of the
   * cgroup. True where more may be found a little later: a process has to be left alone until then.
   */
  look(
    wanted: readonly { readonly inode: number }[],
    cgroupId: bigint | undefined,
    last: number | undefined,
  ): boolean {
    const { book, machine, nowMs } = this.#options;
    const round = new Round(book, nowMs, wanted);
    for (const { inode } of wanted) {
      const before = book.holderOf(inode);
      if (before !== undefined && this.#walk(round, before.pid)) round.confirm(before);
    }
    if (last !== undefined && !round.isDone) this.#walk(round, last);
    round.takeSeen();
    if (round.isDone) return false;
    for (const pid of (cgroupId === undefined ? undefined : machine.processesOf(cgroupId)) ?? []) {
      this.#walk(round, pid);
      round.takeSeen();
      if (round.isDone) return false;
    }
    // Where some have to be left alone for now, it is not known yet who was there first.
    if (!round.isPostponed) round.takeRest();
    return round.isPostponed;
  }

  /** False where it was not looked at. */
  #walk(round: Round, pid: number): boolean {
    if (round.looked.has(pid)) return true;
    const { machine, budget, nowMs } = this.#options;
    if (!budget.mayNarrow) return false;
    if ((this.#nextMs.get(pid) ?? 0) > nowMs()) {
      round.isPostponed = true;
      return false;
    }
    round.looked.add(pid);
    // Not the time that passes: on a busy machine most of that is others'.
    const before = machine.cpuMs();
    const isDone = machine.walkProcess(
      pid,
      (inode) => round.isOpen(inode),
      (file) => append(round.files, file),
    );
    const ms = machine.cpuMs() - before;
    budget.narrowed(ms);
    this.#nextMs.set(pid, nowMs() + Math.min(MAX_PAUSE_MS, PAUSE_TIMES * ms));
    return isDone;
  }
}

/** What is wanted in one go, and what was seen of it. */
class Round {
  readonly looked = new Set<number>();
  readonly files = new Map<number, SocketFile[]>();
  /** A process that may hold it has to be left alone for now. */
  isPostponed = false;
  readonly #book: SocketBook;
  readonly #nowMs: () => number;
  readonly #open: Set<number>;

  constructor(book: SocketBook, nowMs: () => number, wanted: readonly { readonly inode: number }[]) {
    this.#book = book;
    this.#nowMs = nowMs;
    this.#open = new Set(wanted.map(({ inode }) => inode));
  }

  get isDone(): boolean {
    return this.#open.size === 0;
  }

  isOpen(inode: number): boolean {
    return this.#open.has(inode);
  }

  /** Is content with who held it before, where it still does, and nothing says that others came. */
  confirm(before: Holder): void {
    const own = (this.files.get(before.inode) ?? []).filter((file) => isSameProcess(file, before));
    if (!isUnchanged(before, own)) return;
    this.#open.delete(before.inode);
    this.#book.confirm(before, own, this.#nowMs());
  }

  /** Those whose descriptors have all been seen. */
  takeSeen(): void {
    for (const inode of this.#open) {
      const files = this.files.get(inode) ?? [];
      if (!areAllSeen(files)) continue;
      this.#open.delete(inode);
      this.#book.learn(files, false, this.#nowMs());
    }
  }

  takeRest(): void {
    for (const inode of this.#open) this.#book.learn(this.files.get(inode) ?? [], false, this.#nowMs());
  }
}
