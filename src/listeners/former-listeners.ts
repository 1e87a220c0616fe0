/** Listening sockets that closed since they were looked at: their last counts, with their addresses. */
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";

/** Kept until the next reading; of more, what they refused has no address. */
const MAX_CLOSED = 1024;

export class FormerListeners {
  readonly #listeners = new Map<bigint, Listener>();

  get size(): number {
    return this.#listeners.size;
  }

  add(listener: Listener): void {
    if (this.#listeners.size < MAX_CLOSED || this.#listeners.has(listener.cookie))
      this.#listeners.set(listener.cookie, listener);
  }

  /** All of them, but for those that listen again. */
  take(listening: readonly Listener[]): readonly Listener[] {
    if (this.#listeners.size === 0) return [];
    for (const { cookie } of listening) this.#listeners.delete(cookie);
    const closed = [...this.#listeners.values()];
    this.#listeners.clear();
    return closed;
  }
}
