/**
 * What is known of sockets: who held them when they were seen last. Bounded; what was learnt least recently
 * goes.
 */
import { TCP_LISTEN } from "../../capture/core/tcp-states.ts";
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";
import { BoundedMap } from "./bounded-map.ts";
import { chooseHolder, type Holder, type Identified } from "./holder.ts";

const MAX_SOCKETS = 65_536;
const MAX_LISTENERS = 4096;

export class SocketBook {
  readonly #byInode = new BoundedMap<number, Holder>(MAX_SOCKETS);
  /** A socket keeps its cookie when its process closes it, and in TIME_WAIT. */
  readonly #byCookie = new BoundedMap<bigint, Holder>(MAX_SOCKETS);
  readonly #listeners = new BoundedMap<string, Holder>(MAX_LISTENERS);
  /** Which process was told last as the holder. */
  readonly #told = new BoundedMap<number, Identified>(MAX_SOCKETS);

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

  /** `files` are those of one socket; `areAll` where all processes were looked at. */
  learn(files: readonly SocketFile[], areAll: boolean, nowMs: number): void {
    const inode = files[0]?.inode;
    const told = inode === undefined ? undefined : this.#told.get(inode);
    this.#keep(chooseHolder(files, areAll, nowMs, told));
  }

  /** Who held it before still does, with these descriptors, and so do as many others. */
  confirm({ holders, others }: Holder, files: readonly SocketFile[], nowMs: number): void {
    const seen = chooseHolder(files, false, nowMs);
    if (seen !== undefined) this.#keep({ ...seen, holders, others });
  }

  /** Another is told only once this one does not hold it any more. */
  tell({ inode, pid, startNs }: Holder): void {
    this.#told.set(inode, { pid, startNs });
  }

  #keep(holder: Holder | undefined): void {
    if (holder === undefined) return;
    this.#byInode.set(holder.inode, holder);
    if (holder.cookie !== undefined) this.#byCookie.set(holder.cookie, holder);
    if (holder.state === TCP_LISTEN && holder.port !== 0)
      this.#listeners.set(`${holder.netns} ${holder.port}`, holder);
  }
}
