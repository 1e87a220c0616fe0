/** Looks for the holders of some sockets of one cgroup at single processes: likely ones first. */
import { TCP_LISTEN } from "../../capture/core/tcp-states.ts";
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";
import { BoundedMap } from "./bounded-map.ts";
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

interface NarrowResult {
  readonly found: ReadonlyMap<number, unknown>;
  /** What was not found may be found a little later: a process has to be left alone until then. */
  readonly isPostponed: boolean;
}

export class NarrowLook {
  readonly #options: NarrowOptions;
  /** When a process may be looked at again. */
  readonly #nextMs = new BoundedMap<number, number>(MAX_PROCESSES);

  constructor(options: NarrowOptions) {
    this.#options = options;
  }

  /** `last` held the last socket of the cgroup. What is found is in the book. */
  look(
    wanted: readonly { readonly inode: number }[],
    cgroupId: bigint | undefined,
    last: number | undefined,
  ): NarrowResult {
    const round = new Round(wanted);
    const { book } = this.#options;
    for (const { inode } of wanted) {
      const before = book.holderOf(inode);
      if (before !== undefined && this.#walk(round, before.pid)) round.takeFrom(before.pid, () => true);
    }
    // Others may hold a listener too, and what they are is not yet known: all of the cgroup are looked at.
    if (last !== undefined && !round.isDone && this.#walk(round, last))
      round.takeFrom(last, ({ state }) => state !== TCP_LISTEN);
    const processes =
      round.isDone || cgroupId === undefined ? undefined : this.#options.machine.processesOf(cgroupId);
    const areAll = (processes ?? []).every((pid) => this.#walk(round, pid));
    // Where some have to be left alone for now, it is not known yet who was there first.
    if (areAll || !round.isPostponed) round.takeRest(areAll);
    for (const [files, areSeveral] of round.found.values())
      book.learn(files, areSeveral, this.#options.nowMs());
    return { found: round.found, isPostponed: round.isPostponed };
  }

  /** False where it was not looked at. */
  #walk(round: Round, pid: number): boolean {
    if (round.looked.has(pid)) return true;
    const { machine, budget, nowMs } = this.#options;
    const before = nowMs();
    if (!budget.mayNarrow) return false;
    if ((this.#nextMs.get(pid) ?? 0) > before) {
      round.isPostponed = true;
      return false;
    }
    round.looked.add(pid);
    const isDone = machine.walkProcess(
      pid,
      (inode) => round.isOpen(inode),
      (file) => append(round.files, file),
    );
    const ms = nowMs() - before;
    budget.narrowed(ms);
    this.#nextMs.set(pid, nowMs() + Math.min(MAX_PAUSE_MS, PAUSE_TIMES * ms));
    return isDone;
  }
}

/** What is wanted in one go, and what was seen of it. */
class Round {
  readonly looked = new Set<number>();
  readonly files = new Map<number, SocketFile[]>();
  /** What is told of a socket, and whether all processes that may hold it were looked at. */
  readonly found = new Map<number, readonly [files: readonly SocketFile[], areAll: boolean]>();
  /** A process that may hold it has to be left alone for now. */
  isPostponed = false;
  readonly #open: Set<number>;

  constructor(wanted: readonly { readonly inode: number }[]) {
    this.#open = new Set(wanted.map(({ inode }) => inode));
  }

  get isDone(): boolean {
    return this.#open.size === 0;
  }

  isOpen(inode: number): boolean {
    return this.#open.has(inode);
  }

  /** Is content with this process as the holder of what it holds. */
  takeFrom(pid: number, isEnough: (file: SocketFile) => boolean): void {
    for (const inode of [...this.#open]) {
      const file = this.files.get(inode)?.find((each) => each.pid === pid && isEnough(each));
      if (file !== undefined) this.#take(inode, [file], false);
    }
  }

  takeRest(areAll: boolean): void {
    for (const inode of [...this.#open]) {
      const files = this.files.get(inode);
      if (files !== undefined) this.#take(inode, files, areAll);
    }
  }

  #take(inode: number, files: readonly SocketFile[], areAll: boolean): void {
    this.#open.delete(inode);
    this.found.set(inode, [files, areAll]);
  }
}
