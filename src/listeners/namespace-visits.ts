/**
 * Going into network namespaces and looking at their listening sockets; each visit is over before it returns.
 */
import { decodeListeners, type Listener } from "../capture/kinds/refused/decode-listener.ts";
import type { ListenerWalker } from "../capture/kinds/refused/listener-walker.ts";
import { SyscallError } from "../errors.ts";
import type { NamespaceEntry } from "../host/authority.ts";
import { readWhole } from "../host/below-root.ts";
import { ownNetns } from "../host/netns.ts";
import type { ListenCounters, Reading } from "./listener-reading.ts";

/**
 * Not /proc/net, which is the process's: a thread may be in a namespace of its own. The one file that is read
 * of all that counts.
 */
const NETSTAT = "/proc/thread-self/net/netstat";
const NETSTAT_BYTES = 8192;
const MAX_NETSTAT_BYTES = 1 << 20;

export class NamespaceVisits {
  readonly #entry: NamespaceEntry;
  readonly #walker: Pick<ListenerWalker, "walk">;
  readonly #own = ownNetns();
  readonly #refused = new Map<number, string>();

  constructor(entry: NamespaceEntry, walker: Pick<ListenerWalker, "walk">) {
    this.#entry = entry;
    this.#walker = walker;
  }

  /** Namespaces that we may not enter, and why. */
  get refused(): ReadonlyMap<number, string> {
    return this.#refused;
  }

  /** Forgets those that are gone: `found` has all that there are. */
  keepOnly(found: ReadonlyMap<number, unknown>): void {
    for (const inode of this.#refused.keys()) if (!found.has(inode)) this.#refused.delete(inode);
  }

  /**
   * Counters, and the listeners where `wanted` says so; undefined where no path leads there any more, or we
   * may not go.
   *
   * @throws StrandedError where we may go, and cannot return: that is no refusal
   */
  visit(
    inode: number,
    paths: readonly string[],
    wanted: (counters: ListenCounters) => boolean,
  ): Reading | undefined {
    if (this.#refused.has(inode)) return undefined;
    if (inode === this.#own) return this.#look(wanted);
    for (const path of paths) {
      try {
        const reading = this.#entry.visit(inode, path, () => this.#look(wanted));
        if (reading !== undefined) return reading;
      } catch (failure) {
        if (!(failure instanceof SyscallError && failure.call === "setns")) throw failure;
        this.#refused.set(inode, failure.message);
        return undefined;
      }
    }
    return undefined;
  }

  #look(wanted: (counters: ListenCounters) => boolean): Reading {
    const before = listenCounters();
    if (!wanted(before)) return { before, listeners: undefined, after: before };
    const listeners: readonly Listener[] = decodeListeners(this.#walker.walk());
    return { before, listeners, after: listenCounters() };
  }
}

function listenCounters(): ListenCounters {
  // TcpExt comes first: a line of names, and one of values (netstat_seq_show, net/ipv4/proc.c).
  const [names = [], values = []] = readWhole(NETSTAT, NETSTAT_BYTES, MAX_NETSTAT_BYTES)
    .toString("latin1")
    .split("\n", 2)
    .map((line) => line.split(" "));
  const get = (name: string): number => Number(values[names.indexOf(name)] ?? 0);
  return {
    listenDrops: get("ListenDrops"),
    listenOverflows: get("ListenOverflows"),
    reqQFullDrops: get("TCPReqQFullDrop"),
    deferAcceptDrops: get("TCPDeferAcceptDrop"),
    syncookiesRecv: get("SyncookiesRecv"),
  };
}
