/**
 * What the kernel learns of owners while it runs: once user space has found whose a socket is, it tells the kernel
 * the answers to what the filter asks of owners, so that drops of the same owner need not be sent.
 *
 * Owners are told apart by the socket's file where processes are looked for, and by the socket's cgroup where
 * nobody does: the same as the lookup of owners goes by. An answer holds for a quarter of a second, and so does one of the lookup.
 */
import { ANSWER } from "../capture/core/filter-steps/index.ts";
import type { ProbeRequest } from "../capture/kinds/drop/request.ts";
import { dropSource, NO, ownerTest, type Test, YES } from "../filter/index.ts";
import type { OwnerNode } from "../filter-language/index.ts";
import { EVENT_CLOCK } from "../host/wall-clock.ts";
import type { DropEvent } from "../model/index.ts";
import type { OwnerPolicy } from "../settings/request.ts";
import { libcSyscalls } from "../sys/libc.ts";

const HOLDS_NS = 250_000_000n;
/** What was sent meanwhile is not told again. */
const AGAIN_NS = 225_000_000n;
/** Owners that are remembered as told. */
const MAX_TOLD = 16_384;

type Tell = (key: bigint, answers: bigint, untilNs: bigint) => void;
type KeyName = NonNullable<ProbeRequest["answersBy"]>;

/** What owners are known by in the kernel. */
export function answersBy(owners: OwnerPolicy): KeyName | undefined {
  if (owners === "none") return undefined;
  return owners === "process" ? "inode" : "cgroupId";
}

export class OwnerAnswers {
  readonly #by: KeyName;
  readonly #tests: readonly Test<DropEvent>[];
  readonly #nowNs: () => bigint;
  readonly #toldNs = new Map<bigint, bigint>();

  constructor(questions: readonly OwnerNode[], by: KeyName, nowNs: () => bigint) {
    const source = dropSource();
    this.#by = by;
    this.#tests = questions.map((question) => ownerTest(question, source));
    this.#nowNs = nowNs;
  }

  /** Undefined where nothing is asked. */
  static of(questions: readonly OwnerNode[], owners: OwnerPolicy): OwnerAnswers | undefined {
    const by = answersBy(owners);
    return questions.length === 0 || by === undefined
      ? undefined
      : new OwnerAnswers(questions, by, () => libcSyscalls.clockGettimeNs(EVENT_CLOCK));
  }

  /** Tells what follows from the event's owner, unless that was told just now. */
  learn(event: DropEvent, tell: Tell): void {
    const key = this.#keyOf(event);
    if (key === undefined) return;
    const nowNs = this.#nowNs();
    if (nowNs - (this.#toldNs.get(key) ?? -AGAIN_NS) < AGAIN_NS) return;
    const answers = this.#tests.reduce((bits, test, at) => {
      const answer = test(event, 0);
      if (answer === YES) return bits | ANSWER.yes(at);
      return answer === NO ? bits | ANSWER.no(at) : bits;
    }, 0n);
    if (this.#toldNs.size >= MAX_TOLD) this.#toldNs.clear();
    this.#toldNs.set(key, nowNs);
    if (answers !== 0n) tell(key, answers, nowNs + HOLDS_NS);
  }

  /** Undefined where what was found is not that of all sockets with the same key. */
  #keyOf({ identity, owner }: DropEvent): bigint | undefined {
    if (identity === undefined || owner === undefined) return undefined;
    const { inode, cgroupId } = identity;
    // Who was not found in time has an owner all the same, and another cgroup maybe.
    if (this.#by === "inode") return inode === undefined || !isHeld(owner) ? undefined : BigInt(inode);
    return owner.by === "cgroup" && owner.missing === undefined ? cgroupId : undefined;
  }
}

function isHeld({ by, process, certainty }: NonNullable<DropEvent["owner"]>): boolean {
  return process !== undefined && certainty === "certain" && (by === "socket" || by === "listener");
}
