/**
 * Watches the listening sockets of every network namespace that is traced, for SYNs that they refuse.
 *
 * One round reads a few counters of each namespace; its sockets are asked only where ListenDrops moved, for
 * the kernel's table of connections is searched to its end by every walk. A round happens every second, and
 * less often where it takes long: it may take a thousandth of the time.
 */
import { lacking } from "../host/capabilities.ts";
import { finish, type Steps } from "../host/steps.ts";
import type { WallClock } from "../host/wall-clock.ts";
import type { Event, RefusedTotal } from "../model/index.ts";
import type { SiteTotal } from "./last-acks.ts";
import { type BooksOptions, ListenerBooks } from "./listener-books.ts";
import { ListenerRound, type RoundOptions } from "./listener-round.ts";
import { machineFailure } from "./machine-failure.ts";
import type { Refused, RefusedSample, RefusedWatch } from "./refused-watch.ts";
import type { WatchedMachine } from "./watched-machine.ts";

const SAMPLE_INTERVAL_MS = 1000;
/**
 * How much of the time may go into rounds, where nobody said which namespaces; longer than this is not waited
 * all the same.
 */
const SHARE = 1 / 1000;
const MAX_INTERVAL_MS = 10_000;
/** Everything is searched for namespaces this often; in between, new processes and names are. */
const FIND_ALL_MS = 10_000;
/** Namespaces that the first round has no time for are watched from the second one on. */
const FIRST_ROUND_MS = 100;

export interface WatchOptions extends BooksOptions {
  /** Inode numbers; every namespace that can be found without it. */
  readonly netns: readonly number[] | undefined;
  /** The kernel's totals by site until now. */
  readonly sites: () => readonly SiteTotal[];
  readonly possibleCpus: number;
  readonly clock: Pick<WallClock, "nowNs" | "refresh" | "toWallNs">;
}

export class ListenerWatch implements RefusedWatch {
  readonly #machine: WatchedMachine;
  readonly #options: WatchOptions;
  readonly #books: ListenerBooks;
  /** Namespaces that the first round did not look at. */
  #notYet: Set<number> = new Set();
  /** Namespaces whose listeners the last round had no time for. */
  #putOff: readonly number[] = [];
  #foundAllAt = performance.now();
  #pauseMs = SAMPLE_INTERVAL_MS;
  #timer: NodeJS.Timeout | undefined;
  /** Why the last round failed. */
  #failure: string | undefined;
  /** Namespaces that the last round of the run had no time for. */
  #missed = 0;

  /** Takes the first round, at once; throws what finding and visiting namespaces throw. */
  constructor(machine: WatchedMachine, options: WatchOptions) {
    this.#machine = machine;
    this.#options = options;
    finish(machine.finder.findAllSteps());
    const first = options.sites();
    const round = this.#round(() => undefined);
    finish(round.visit(performance.now() + FIRST_ROUND_MS));
    if (options.netns !== undefined && round.unreachable.length > 0) {
      // What led there was of a process that has ended since: another may lead there too.
      finish(machine.finder.findAllSteps());
      round.add(machine.finder.paths);
      finish(round.visit(performance.now() + FIRST_ROUND_MS));
    }
    this.#books = new ListenerBooks(options, { first, last: options.sites() });
    this.#notYet = new Set([...round.left, ...round.unreachable]);
    for (const [inode, reading] of round.readings) this.#books.openAccount(inode, reading);
  }

  get how(): string | undefined {
    const { size } = this.#books;
    return size === 0 ? undefined : `counts of the listening sockets of ${namespaces(size)}`;
  }

  get problem(): string | undefined {
    const late = this.#lateProblem;
    if (late !== undefined) return late;
    const { refused } = this.#machine.visits;
    const [first] = refused.values();
    if (first !== undefined) return `SYNs refused in ${namespaces(refused.size)} are not counted: ${first}`;
    const { netns } = this.#options;
    if (netns === undefined) return cannotLookEverywhere();
    const missing = netns.filter((inode) => this.#books.ledgerOf(inode) === undefined);
    return missing.length === 0
      ? undefined
      : `SYNs refused in the network namespace${missing.length === 1 ? "" : "s"} ${missing.join(", ")} are not counted: no file leads there`;
  }

  /** What went wrong since the beginning. */
  get #lateProblem(): string | undefined {
    const since = "since they were looked at last are not counted";
    if (this.#failure !== undefined) return `SYNs that listening sockets refused ${since}: ${this.#failure}`;
    return this.#missed === 0
      ? undefined
      : `SYNs refused in ${namespaces(this.#missed)} ${since}: there was no time at the end`;
  }

  get total(): RefusedTotal | undefined {
    const { total } = this.#books;
    return total === undefined ? undefined : { ...total, problem: this.#lateProblem };
  }

  record(event: Event): void {
    if (event.kind === "drop") this.#books.recordDrop(event);
  }

  arm(ready: () => void): void {
    this.#timer = setTimeout(ready, this.#pauseMs);
  }

  disarm(): void {
    clearTimeout(this.#timer);
  }

  detach(): void {
    this.#machine.closed?.detach();
  }

  *sample(untilMs = Number.POSITIVE_INFINITY): Steps<RefusedSample> {
    this.#books.abandon();
    try {
      // At the end there may be no time for it now.
      const findingMs = Number.isFinite(untilMs) ? 0 : yield* this.#find();
      const round = this.#round((inode) => this.#books.ledgerOf(inode));
      this.#books.begin(round);
      yield* round.visit(untilMs);
      this.#failure = undefined;
      if (this.#options.netns === undefined)
        this.#pauseMs = Math.max(SAMPLE_INTERVAL_MS, (findingMs + round.spentMs) / SHARE);
      this.#pauseMs = Math.min(MAX_INTERVAL_MS, this.#pauseMs);
      return this.#sampleOf(round, Number.isFinite(untilMs));
    } catch (failure) {
      this.#failure = machineFailure(failure);
      return this.#sampleOf(undefined);
    }
  }

  /** Undefined: the round failed. The next one counts what this one would have. */
  #sampleOf(round: ListenerRound | undefined, isLast = false): RefusedSample {
    if (round === undefined)
      return { timeNs: this.#options.clock.nowNs(), changed: false, catchUp: undefined, emit: () => [] };
    return {
      timeNs: round.timeNs,
      get changed() {
        return round.sites !== undefined;
      },
      catchUp: isLast ? (untilMs) => this.#catchUp(round, untilMs) : undefined,
      emit: (dropsComplete, final) => this.#emit(round, dropsComplete, final),
    };
  }

  *#catchUp(round: ListenerRound, untilMs: number): Steps<void> {
    try {
      yield* round.visit(untilMs, true);
      // Ways into namespaces that are lost may be in any process.
      yield* this.#find(
        untilMs,
        round.unreachable.some((inode) => this.#books.ledgerOf(inode) !== undefined),
      );
      round.add(this.#machine.finder.paths);
      yield* round.visit(untilMs, true);
    } catch (failure) {
      this.#failure = machineFailure(failure);
    }
  }

  #emit(round: ListenerRound, dropsComplete: boolean, final: boolean): readonly Refused[] {
    if (!this.#books.isUnderWay(round)) return [];
    const { visits, finder } = this.#machine;
    const { left, readings } = round;
    this.#recordClosed();
    // Watched from now on.
    for (const inode of this.#notYet) {
      const reading = readings.get(inode);
      if (reading === undefined) continue;
      readings.delete(inode);
      this.#books.openAccount(inode, reading);
      this.#notYet.delete(inode);
    }
    for (const inode of this.#notYet) if (!finder.paths.has(inode)) this.#notYet.delete(inode);
    const wanted = this.#options.netns ?? [];
    const covers =
      left.length === 0 &&
      round.unreachable.length === 0 &&
      visits.refused.size === 0 &&
      this.#notYet.size === 0 &&
      wanted.every((inode) => readings.has(inode));
    this.#putOff = final ? [] : round.notAsked;
    const events = [...this.#books.settle(round, { dropsComplete, final, covers })];
    for (const inode of this.#books.namespaces)
      if (!finder.paths.has(inode)) events.push(...this.#books.closeAccount(inode, round.timeNs));
    // Gone, or to be found elsewhere: the next round looks everywhere.
    const lost = round.unreachable.filter((inode) => !visits.refused.has(inode) && finder.paths.has(inode));
    if (lost.length > 0) this.#foundAllAt = Number.NEGATIVE_INFINITY;
    const missed = [...left, ...lost].filter((inode) => this.#books.ledgerOf(inode) !== undefined);
    this.#missed = final ? missed.length : 0;
    return events;
  }

  /** Sockets that were closed: what they refused since they were looked at has their addresses. */
  #recordClosed(): void {
    const { clock } = this.#options;
    clock.refresh();
    for (const { netns, ktimeNs, ...listener } of this.#machine.closed?.take().closed ?? [])
      this.#books.recordClosed({ netns, timeNs: clock.toWallNs(ktimeNs), listener });
  }

  /** Those first that the last one had no time for. */
  #round(ledgerOf: RoundOptions["ledgerOf"]): ListenerRound {
    const { finder, visits } = this.#machine;
    const { sites, clock, netns } = this.#options;
    visits.keepOnly(finder.paths);
    const isFirst = (inode: number): boolean => this.#putOff.includes(inode);
    const namespaces = [...finder.paths];
    return new ListenerRound({
      namespaces: [
        ...namespaces.filter(([inode]) => isFirst(inode)),
        ...namespaces.filter(([inode]) => !isFirst(inode)),
      ],
      visit: (inode, paths, wanted) => visits.visit(inode, paths, wanted),
      ledgerOf,
      isNew: (inode) => !this.#notYet.has(inode),
      sites,
      nowNs: () => clock.nowNs(),
      isBounded: netns === undefined,
    });
  }

  /** Gives up at `untilMs`: then what was found before must do. The time that it took in steps. */
  *#find(
    untilMs = Number.POSITIVE_INFINITY,
    isDue = performance.now() - this.#foundAllAt >= FIND_ALL_MS,
  ): Steps<number> {
    const { finder } = this.#machine;
    let spentMs = 0;
    for (const steps = isDue ? finder.findAllSteps() : finder.findNewSteps(); ; yield) {
      const startedMs = performance.now();
      const isDone = startedMs >= untilMs || steps.next().done === true;
      spentMs += performance.now() - startedMs;
      if (isDone) break;
    }
    if (isDue) this.#foundAllAt = performance.now();
    return spentMs;
  }

  [Symbol.dispose](): void {
    this.disarm();
    this.#machine[Symbol.dispose]();
  }
}

/**
 * The namespaces of other processes are found by links in /proc, which are for those who may trace them, and
 * are entered by setns(2).
 */
function cannotLookEverywhere(): string | undefined {
  const missing = lacking(["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"]);
  return missing.length === 0
    ? undefined
    : `SYNs that listeners refuse are not counted in every network namespace: ${missing.join(" and ")} missing`;
}

function namespaces(count: number): string {
  return count === 1 ? "1 network namespace" : `${count} network namespaces`;
}
