/** A network namespace whose name is looked for. */
import type { NetnsName } from "../../model/index.ts";
import { recurs } from "../../model/shared.ts";

export class NetnsCase {
  readonly inode: number | undefined;
  readonly cookie: bigint | undefined;
  #name: NetnsName;
  #isOpen = true;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(inode: number | undefined, cookie: bigint | undefined) {
    this.inode = inode;
    this.cookie = cookie;
    this.#name = Object.freeze({ cookie, name: undefined });
  }

  get isSettled(): boolean {
    return !this.#isOpen;
  }

  /** The same object as long as the name is the same. */
  get name(): NetnsName {
    return this.#name;
  }

  isFresh(nowMs: number): boolean {
    return !this.#isOpen && nowMs < this.#untilMs;
  }

  /** The last name is told meanwhile. */
  get wasNamed(): boolean {
    return this.#untilMs !== Number.NEGATIVE_INFINITY;
  }

  settle(name: string | undefined, untilMs: number): void {
    if (name !== this.#name.name) this.#name = recurs(Object.freeze({ cookie: this.cookie, name }));
    this.#isOpen = false;
    this.#untilMs = untilMs;
  }
}
