/** One socket, or one way of a packet, whose owner is looked for: all its events wait for the same. */
import type { Event, Owner, SocketIdentity } from "../../model/index.ts";
import { recurs } from "../../model/shared.ts";
import type { Pending } from "../lookup.ts";
import { draftOfRecord } from "./draft.ts";
import type { Holder } from "./holder.ts";
import type { NetnsCase } from "./netns-case.ts";
import { ownerOf } from "./owner-answers.ts";
import type { OwnerNames } from "./owner-names.ts";
import { heldBy } from "./resolution.ts";
import type { Subject, SubjectKind } from "./subject.ts";

const SOCKETS: ReadonlySet<SubjectKind> = new Set<SubjectKind>(["socket", "request", "closed"]);

/** Who holds a socket as far as is known by now, also where others may. */
export type SeenHolder = (inode: number) => Holder | undefined;

export class OwnerCase implements Pending {
  readonly subject: Subject;
  readonly netns: NetnsCase | undefined;
  readonly #names: OwnerNames;
  readonly #seen: SeenHolder;
  #owner: Owner | undefined;
  #late: Owner | undefined;
  /** The last that an event got, and the last that several got. */
  #told: Owner | undefined;
  #recurring: Owner | undefined;
  #isOpen = true;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(subject: Subject, netns: NetnsCase | undefined, names: OwnerNames, seen: SeenHolder) {
    this.subject = subject;
    this.netns = netns;
    this.#names = names;
    this.#seen = seen;
  }

  get isSettled(): boolean {
    return !this.#isOpen && (this.netns?.isSettled ?? true);
  }

  get isAnswered(): boolean {
    return !this.#isOpen;
  }

  /** What was told last. */
  get owner(): Owner | undefined {
    return this.#owner;
  }

  /** Its owner is being looked for. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The owner is told as it is until then. */
  isFresh(nowMs: number): boolean {
    return !this.#isOpen && nowMs < this.#untilMs;
  }

  /** The record says the same of the socket: a number or a port may be another's by now. */
  isOf({ cgroupId, uid, skCookie }: SocketIdentity): boolean {
    const { kind, identity } = this.subject;
    const isSameSocket = kind !== "socket" || identity.skCookie === skCookie;
    return isSameSocket && identity.cgroupId === cgroupId && identity.uid === uid;
  }

  /** It is looked for, for the first time or again. */
  open(): void {
    this.#isOpen = true;
  }

  settle(owner: Owner, untilMs: number): void {
    this.#owner = owner;
    this.#late = undefined;
    this.#isOpen = false;
    this.#untilMs = untilMs;
  }

  fill(event: Event): void {
    const owner = this.#isOpen ? this.#lateOwner() : this.#owner;
    event.owner = owner;
    event.netns = this.netns?.name;
    if (owner === undefined || this.#recurring === owner) return;
    if (this.#told === owner) this.#recurring = recurs(owner);
    this.#told = owner;
  }

  /** What the record says; of one that was known the last answer, which is only likely by now. */
  #lateOwner(): Owner {
    this.#late ??= this.#makeLate();
    return this.#late;
  }

  #makeLate(): Owner {
    const before = this.#owner;
    const { kind, identity } = this.subject;
    // Ports get another owner: only the owner of the same socket is still told.
    const isOneSocket = SOCKETS.has(kind) && (identity.inode ?? identity.skCookie) !== undefined;
    if (before?.process !== undefined && isOneSocket)
      return before.certainty === "certain" ? Object.freeze({ ...before, certainty: "likely" }) : before;
    // The cgroup and uid of the kernel's sockets are nobody's.
    const record = kind === "kernel" ? { cgroupId: undefined, uid: undefined } : identity;
    const draft = draftOfRecord(record, "late");
    const holder = identity.inode === undefined ? undefined : this.#seen(identity.inode);
    if (holder === undefined) return ownerOf(draft, this.#names);
    const held = heldBy(holder, kind === "request" ? "listener" : "socket");
    return ownerOf({ ...draft, ...held, missing: undefined, socketCgroupId: identity.cgroupId }, this.#names);
  }
}
