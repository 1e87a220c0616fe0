/**
 * Gives events their owners. What is known is told at once; what is not is looked for in slices between the
 * run's, and all events of a socket wait for one answer.
 */
import type { Event, OwnerMissing, SocketIdentity } from "../../model/index.ts";
import type { Lookup, LookupHooks, Pending } from "../lookup.ts";
import type { AddressBook } from "./address-book.ts";
import { BoundedMap } from "./bounded-map.ts";
import { type Draft, draftOfRecord } from "./draft.ts";
import type { Finder } from "./finder.ts";
import type { Holder } from "./holder.ts";
import type { NetnsNamer } from "./netns-namer.ts";
import { ownerOf } from "./owner-answers.ts";
import { OwnerCase } from "./owner-case.ts";
import type { OwnerNames } from "./owner-names.ts";
import type { Questions } from "./questions.ts";
import { type Memory, type Need, type Reply, type Resolution, resolve } from "./resolution.ts";
import { keyOf, kindOf, type SubjectKey, type SubjectKind, subjectOf } from "./subject.ts";

export interface OwnerLookupParts {
  /** Undefined: only what the record says is told. */
  readonly finder: Finder | undefined;
  /** Why processes cannot be told, where `finder` is undefined and they are wanted. */
  readonly missing: OwnerMissing | undefined;
  readonly questions: Questions;
  readonly addresses: Pick<AddressBook, "having" | "run" | "hasWork">;
  readonly namer: NetnsNamer;
  /** What is to be known before the first question, a slice at a time; true once it is. */
  readonly prepare: () => boolean;
  readonly names: OwnerNames;
  readonly memory: Memory;
  readonly nowMs: () => number;
  /** For each event: cheap, and some milliseconds old. */
  readonly coarseMs: () => number;
  readonly problems: () => readonly string[];
  readonly close: () => Promise<void>;
}

const MAX_CASES = 65_536;
/** An answer is told as it is for so long. */
const KEPT_MS = 250;
const SLICE_MS = 5;
/** What has to wait for something else is looked at again after this. */
const AGAIN_MS = 10;

export class OwnerLookup implements Lookup {
  readonly name = "owner";
  readonly #parts: OwnerLookupParts;
  readonly #cases = new BoundedMap<SubjectKey, OwnerCase>(MAX_CASES);
  #new: OwnerCase[] = [];
  #hooks: LookupHooks | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #haveSettled = false;
  #isPrepared = false;

  readonly #seen = (inode: number): Holder | undefined => this.#parts.finder?.seen(inode);

  constructor(parts: OwnerLookupParts) {
    this.#parts = parts;
  }

  start(hooks: LookupHooks): void {
    this.#hooks = hooks;
    this.#parts.finder?.learnAll();
    this.#later();
  }

  apply(event: Event): Pending | undefined {
    const { identity } = event;
    if (identity === undefined) return undefined;
    const kind = kindOf(event, identity);
    const key = keyOf(kind, event, identity);
    const now = this.#parts.coarseMs();
    const known = this.#cases.get(key);
    if (known?.isFresh(now) === true) {
      const { netns } = known;
      // An old name stands until there is a newer one.
      if (netns?.isFresh(now) === false) this.#rename(event, identity);
      if (netns === undefined || netns.isSettled || netns.wasNamed) {
        known.fill(event);
        return undefined;
      }
    }
    this.#later();
    return known?.isOpen === true || known?.isFresh(now) === true
      ? known
      : this.#open(known, kind, key, event, identity);
  }

  #rename(event: Event, { netnsCookie }: SocketIdentity): void {
    this.#parts.namer.case(event.device?.netns, netnsCookie);
    this.#later();
  }

  /** Looks for the owner, for the first time or again. */
  #open(
    known: OwnerCase | undefined,
    kind: SubjectKind,
    key: SubjectKey,
    event: Event,
    identity: SocketIdentity,
  ): OwnerCase {
    const { namer, names } = this.#parts;
    const netns = namer.case(event.device?.netns, identity.netnsCookie);
    const isReusable = known !== undefined && known.netns === netns && known.isOf(identity);
    const owner = isReusable
      ? known
      : new OwnerCase(subjectOf(kind, event, identity), netns, names, this.#seen);
    this.#cases.set(key, owner);
    owner.open();
    this.#new.push(owner);
    return owner;
  }

  /** Looks in the next turn of the event loop: what is drained now is looked for together. */
  #later(): void {
    if (this.#isClosed || this.#immediate !== undefined) return;
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined;
      this.#attempt();
    });
  }

  #attempt(): void {
    try {
      this.#slice(this.#parts.nowMs() + SLICE_MS);
    } catch (failure) {
      this.#hooks?.fail(failure);
      return;
    }
    this.#tell();
  }

  #tell(): void {
    if (!this.#haveSettled) return;
    this.#haveSettled = false;
    this.#hooks?.settled();
  }

  #slice(untilMs: number): void {
    const { finder, addresses, questions, namer, prepare, nowMs } = this.#parts;
    namer.run();
    this.#isPrepared ||= prepare();
    if (!this.#isPrepared) return this.#later();
    do {
      const owners = this.#new;
      this.#new = [];
      for (const [index, owner] of owners.entries()) {
        if (nowMs() < untilMs) this.#begin(owner);
        else {
          this.#new.push(...owners.slice(index));
          break;
        }
      }
      addresses.run(untilMs);
      questions.run(untilMs);
      finder?.look(untilMs);
    } while (nowMs() < untilMs && this.#hasMore);
    this.#goOn();
  }

  get #hasMore(): boolean {
    const { addresses, questions } = this.#parts;
    return this.#new.length > 0 || addresses.hasWork || questions.hasWork;
  }

  /** What was left because time was up comes in the next turn; what has to wait for others a little later. */
  #goOn(): void {
    const { finder, questions, namer } = this.#parts;
    if (this.#hasMore) return this.#later();
    if (finder?.hasWork !== true && !namer.hasWork && !questions.isWaiting) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#attempt();
    }, AGAIN_MS).unref();
  }

  #begin(owner: OwnerCase): void {
    const { finder, missing, memory } = this.#parts;
    const { subject } = owner;
    if (finder === undefined && missing === undefined)
      return this.#settle(owner, draftOfRecord(subject.identity, undefined));
    const resolution = resolve(subject, memory, this.#parts.nowMs());
    this.#step(owner, resolution, resolution.next());
  }

  #step(owner: OwnerCase, resolution: Resolution, step: IteratorResult<Need, Draft>): void {
    if (step.done === true) return this.#settle(owner, step.value);
    const goOn = (reply: Reply): void => this.#step(owner, resolution, resolution.next(reply));
    const { finder, missing, questions, addresses, namer } = this.#parts;
    const need = step.value;
    if (need.kind === "having") addresses.having(need.address, goOn);
    else if (need.kind === "cgroup") goOn(namer.cgroupOf(need.netns));
    else if (need.kind === "ask") questions.ask(need.netns, need.ends, goOn);
    else if (need.kind === "listeners") questions.listeners(need.netns, goOn);
    else if (finder === undefined)
      goOn({ kind: "missing", missing: missing ?? "not_found", former: undefined });
    else finder.find({ inode: need.inode, cgroupId: need.cgroupId, answer: goOn });
  }

  #settle(owner: OwnerCase, draft: Draft): void {
    const { names, nowMs } = this.#parts;
    const now = nowMs();
    const { by, holder } = draft;
    // Who holds it was seen then, not now.
    const isHeld = (by === "socket" || by === "listener") && holder !== undefined;
    const sinceMs = isHeld ? Math.max(holder.seenMs, now - KEPT_MS + AGAIN_MS) : now;
    owner.settle(ownerOf(draft, names, owner.owner), sinceMs + KEPT_MS);
    this.#haveSettled = true;
  }

  /** A walk or a name has come. */
  onProgress(): void {
    if (this.#isClosed) return;
    this.#haveSettled = true;
    this.#attempt();
  }

  /** Something cannot go on. */
  fail(failure: unknown): void {
    this.#hooks?.fail(failure);
  }

  settleNow(deadlineMs: number): void {
    try {
      this.#slice(this.#parts.nowMs() + deadlineMs);
    } finally {
      this.#stop();
    }
  }

  /** Processes are wanted, and none can be told. */
  get lacksProcesses(): boolean {
    return this.#parts.missing !== undefined;
  }

  problems(): readonly string[] {
    return this.#parts.problems();
  }

  #stop(): void {
    this.#isClosed = true;
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#parts.finder?.[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    return this.#parts.close();
  }
}
