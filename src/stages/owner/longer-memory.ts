/** Sockets that were seen, and those that the kernel's program remembers. */
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";
import type { UserMemory } from "../../capture/memory/user-memory.ts";
import type { Holder } from "./holder.ts";
import type { Memory } from "./resolution.ts";

export class LongerMemory implements Memory {
  readonly #seen: Memory;
  readonly #users: Pick<UserMemory, "userOf" | "formerListener">;
  readonly #nowMs: () => number;

  constructor(seen: Memory, users: Pick<UserMemory, "userOf" | "formerListener">, nowMs: () => number) {
    this.#seen = seen;
    this.#users = users;
    this.#nowMs = nowMs;
  }

  /** The program's word is the later one: it has who closed it. */
  holderOfCookie(cookie: bigint): Holder | undefined {
    const user = this.#holder(this.#users.userOf(cookie));
    return user === undefined ? this.#seen.holderOfCookie(cookie) : { ...user, isLast: true };
  }

  listenerOn(netns: number, netnsCookie: bigint | undefined, port: number): Holder | undefined {
    const former = this.#users.formerListener(netns, netnsCookie, port);
    return this.#holder(former) ?? this.#seen.listenerOn(netns, netnsCookie, port);
  }

  #holder(user: SocketFile | undefined): Holder | undefined {
    return user === undefined
      ? undefined
      : { ...user, holders: undefined, others: undefined, seenMs: this.#nowMs() };
  }
}
