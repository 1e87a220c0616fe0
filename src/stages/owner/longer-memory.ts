/** Sockets that were seen, and those that the kernel's program remembers. */
import { TCP_CLOSE, TCP_FIN_WAIT1, TCP_LAST_ACK } from "../../capture/core/tcp-states.ts";
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";
import type { UserMemory } from "../../capture/memory/user-memory.ts";
import type { Holder } from "./holder.ts";
import type { Memory } from "./resolution.ts";

/** What close(2) and shutdown(2) lead to. After another state, who closed it is not known: a RST had ended it. */
const CLOSING: ReadonlySet<number> = new Set([TCP_FIN_WAIT1, TCP_LAST_ACK, TCP_CLOSE]);

export class LongerMemory implements Memory {
  readonly #seen: Memory;
  readonly #users: Pick<UserMemory, "userOf" | "formerListener">;
  readonly #nowMs: () => number;

  constructor(seen: Memory, users: Pick<UserMemory, "userOf" | "formerListener">, nowMs: () => number) {
    this.#seen = seen;
    this.#users = users;
    this.#nowMs = nowMs;
  }

  /**
   * Who closed it, as the program says; else who was seen to hold it after its last change of state, else who
   * made that.
   */
  holderOfCookie(cookie: bigint): Holder | undefined {
    const user = this.#holder(this.#users.userOf(cookie));
    if (user !== undefined && CLOSING.has(user.state)) return user;
    return this.#seen.holderOfCookie(cookie) ?? user;
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
