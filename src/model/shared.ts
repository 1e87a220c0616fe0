/**
 * Objects that many events share, and what is kept for each of them: its encoded text, its counter.
 *
 * What is kept lies in a private field of the object. So it is found in one load, nobody else sees it, a copy
 * by `{...group}` has none of it, and it goes when the object goes.
 */

interface Entry {
  readonly owner: object;
  value: unknown;
  readonly next: Entry | undefined;
}

/** The constructor's result is the object that it was given, so that a subclass adds its fields to that. */
class Given {
  constructor(target: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for
    return target;
  }
}

class Kept extends Given {
  #entries: Entry | undefined;

  static has(target: object): boolean {
    return #entries in target;
  }

  static entryOf(target: object, owner: object): Entry | undefined {
    if (!(#entries in target)) return undefined;
    let entry = target.#entries;
    while (entry !== undefined && entry.owner !== owner) entry = entry.next;
    return entry;
  }

  static add(target: object, owner: object, value: unknown): void {
    if (#entries in target) target.#entries = { owner, value, next: target.#entries };
  }
}

/** Freezes an object that events will share, and lets things be kept for it. */
export function shared<T extends object>(object: T): Readonly<T> {
  new Kept(object);
  return Object.freeze(object);
}

/** Whether things are kept for it; for objects that nobody shares they are not. */
export function isShared(object: object): boolean {
  return Kept.has(object);
}

/** One value for each shared object: a WeakMap without the search. */
export class KeptFor<V> {
  get(object: object): V | undefined {
    // Only `set` of the same owner puts values here.
    return Kept.entryOf(object, this)?.value as V | undefined;
  }

  /** Nothing happens where the object is not shared. */
  set(object: object, value: V): void {
    const entry = Kept.entryOf(object, this);
    if (entry === undefined) Kept.add(object, this, value);
    else entry.value = value;
  }
}
