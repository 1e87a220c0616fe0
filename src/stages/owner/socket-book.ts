/**
 * What is known of sockets: who held them when they were seen last. Bounded; what was learnt least recently
 * goes.
 */
import { TCP_LISTEN } from "../../capture/core/tcp-states.ts";
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";
import { BoundedMap } from "./bounded-map.ts";
import { chooseHolder, type Holder } from "./holder.ts";

const MAX_SOCKETS = 65_536;
const MAX_LISTENERS = 4096;

export class SocketBook {
  readonly #byInode = new BoundedMap<number, Holder>(MAX_SOCKETS);
  /** A socket keeps its cookie when its process closes it, and in TIME_WAIT. */
  readonly #byCookie = new BoundedMap<bigint, Holder>(MAX_SOCKETS);
  readonly #listeners = new BoundedMap<string, Holder>(MAX_LISTENERS);

  holderOf(inode: number): Holder | undefined {
    return this.#byInode.get(inode);
  }

  holderOfCookie(cookie: bigint): Holder | undefined {
    return this.#byCookie.get(cookie);
  }

  /** Who listened on a port, on whichever address, when it was seen last. */
  listenerOn(netns: number, netnsCookie: bigint | undefined, port: number): Holder | undefined {
    const holder = this.#listeners.get(`${netns} ${port}`);
    // The number may have been another namespace's.
    return holder?.netnsCookie === netnsCookie ? holder : undefined;
  }

  /**
   * `files` are those of one socket. Where `areAll` is false, not all processes were looked at: then what was
   * known of how many hold it stays.
   */
  learn(files: readonly SocketFile[], areAll: boolean, nowMs: number): void {
    const seen = chooseHolder(files, areAll, nowMs);
    if (seen === undefined) return;
    const before = this.#byInode.get(seen.inode);
    const isSame = before?.pid === seen.pid && before.startNs === seen.startNs;
    const holder = !areAll && isSame ? { ...seen, holders: before.holders } : seen;
    this.#byInode.set(holder.inode, holder);
    if (holder.cookie !== undefined) this.#byCookie.set(holder.cookie, holder);
    if (holder.state === TCP_LISTEN && holder.port !== 0)
      this.#listeners.set(`${holder.netns} ${holder.port}`, holder);
  }
}
