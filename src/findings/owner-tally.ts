/** Whose the drops of an incident were, added up: as many owners as a report names, and the rest together. */
import type { Owner, OwnerCount } from "../model/index.ts";

/** Owners that are kept apart. */
const MOST_OWNERS = 16;
/** Objects that are known by themselves: one process has one for each of its sockets. */
const MOST_OBJECTS = 1024;

interface Counter {
  readonly owner: Owner | undefined;
  count: number;
}

export class OwnerTally {
  readonly #byKey = new Map<string, Counter>();
  readonly #byOwner = new Map<Owner, Counter>();
  /** Of those whose owner is not known, or not kept apart. */
  readonly #others: Counter = { owner: undefined, count: 0 };
  /** The one before: it comes again. */
  #owner: Owner | undefined;
  #counter = this.#others;

  add(owner: Owner | undefined, count: number): void {
    if (owner !== this.#owner) {
      this.#owner = owner;
      this.#counter = owner === undefined ? this.#others : this.#of(owner);
    }
    this.#counter.count += count;
  }

  absorb(other: OwnerTally): void {
    for (const { owner, count } of other.#byKey.values()) this.add(owner, count);
    this.#others.count += other.#others.count;
  }

  /** Most first; empty where no owner was ever known. */
  list(): readonly OwnerCount[] {
    if (this.#byKey.size === 0) return [];
    return [...this.#byKey.values(), this.#others]
      .filter(({ count }) => count > 0)
      .map((counter) => ({ ...counter }))
      .sort((one, other) => other.count - one.count);
  }

  #of(owner: Owner): Counter {
    const known = this.#byOwner.get(owner);
    if (known !== undefined) return known;
    if (this.#byOwner.size >= MOST_OBJECTS) this.#byOwner.clear();
    const counter = this.#withKey(owner);
    this.#byOwner.set(owner, counter);
    return counter;
  }

  #withKey(owner: Owner): Counter {
    const key = keyOf(owner);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= MOST_OWNERS) return this.#others;
    const counter = { owner, count: 0 };
    this.#byKey.set(key, counter);
    return counter;
  }
}

/** Owners that a reader takes for the same, and that are known in the same way. */
function keyOf({ by, certainty, missing, process, workload, cgroup, uid, hint }: Owner): string {
  const { pid, startNs } = process ?? {};
  const { podUid, containerId, unit } = workload ?? {};
  return [by, certainty, missing, pid, startNs, podUid, containerId, unit, cgroup, uid, hint].join("\0");
}

/** Several lists as one. */
export function addOwners(lists: readonly (readonly OwnerCount[])[]): readonly OwnerCount[] {
  const tally = new OwnerTally();
  for (const list of lists) for (const { owner, count } of list) tally.add(owner, count);
  return tally.list();
}
