/** Sockets that no process holds: a walk for them would find nothing again. Asked anew after a second, then later. */
import { BoundedMap } from "./bounded-map.ts";

const FIRST_MS = 1000;
/** One that was being passed to another process is somebody's again by then. */
const LAST_MS = 5000;
const MAX_SOCKETS = 4096;

interface Absence {
  readonly untilMs: number;
  readonly pauseMs: number;
}

export class NotFound {
  readonly #sockets = new BoundedMap<number, Absence>(MAX_SOCKETS);
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** True where it need not be looked for yet. */
  has(inode: number): boolean {
    return (this.#sockets.get(inode)?.untilMs ?? 0) > this.#nowMs();
  }

  add(inode: number): void {
    const before = this.#sockets.get(inode);
    const pauseMs = before === undefined ? FIRST_MS : Math.min(2 * before.pauseMs, LAST_MS);
    this.#sockets.set(inode, { untilMs: this.#nowMs() + pauseMs, pauseMs });
  }

  delete(inode: number): void {
    this.#sockets.delete(inode);
  }
}
