/**
 * Closes resources in reverse order. Node 20 has Symbol.dispose but no DisposableStack.
 *
 * @example
 * ```ts
 * import { Scope } from "tcpdrop/ebpf";
 *
 * const scope = new Scope();
 * scope.defer(() => console.log("opened first, closed last"));
 * scope.defer(() => console.log("opened last, closed first"));
 * scope[Symbol.dispose]();
 * // prints: opened last, closed first
 * // prints: opened first, closed last
 * ```
 */
export class Scope implements Disposable {
  readonly #owned: Disposable[] = [];

  /** Takes ownership; returns its argument. */
  own<T extends Disposable>(resource: T): T {
    this.#owned.push(resource);
    return resource;
  }

  defer(close: () => void): void {
    this.#owned.push({ [Symbol.dispose]: close });
  }

  /** Somebody else closes what it owns: all was opened that was meant to be. */
  release(): void {
    this.#owned.length = 0;
  }

  /** Closes everything, even if some fail to close, then throws all failures together. */
  [Symbol.dispose](): void {
    const failures: unknown[] = [];
    for (let resource = this.#owned.pop(); resource !== undefined; resource = this.#owned.pop()) {
      try {
        resource[Symbol.dispose]();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, "Several resources could not be closed");
  }
}
