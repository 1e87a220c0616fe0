/**
 * Objects that many events share, and what is kept for each of them: its encoded text, its counter.
 *
 * Things are kept for what came again, and not for what comes once: in a flood of new addresses nothing is
 * kept for any of them. What is kept goes when its object goes.
 */

const recurring = new WeakSet();

/** Says that an object came again, and will: from now on things are kept for it. */
export function recurs<T extends object>(object: T): T {
  recurring.add(object);
  return object;
}

/** One value for each object that recurs. */
export class KeptFor<V> {
  readonly #values = new WeakMap<object, V>();

  get(object: object): V | undefined {
    return this.#values.get(object);
  }

  /** Nothing happens where the object does not recur: whoever asks makes the value again. */
  set(object: object, value: V): void {
    if (recurring.has(object)) this.#values.set(object, value);
  }

  /** False where `set` does nothing. */
  keeps(object: object): boolean {
    return recurring.has(object);
  }
}
