/** A machine of plain numbers, for tests of the watch: it fails and dawdles as a test wants. */
import type { TestContext } from "node:test";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import type { ClosedListener } from "../capture/kinds/refused/closed-listener.ts";
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";
import { finish, type Steps } from "../host/steps.ts";
import type { DropEvent } from "../model/index.ts";
import type { SiteTotal } from "./last-acks.ts";
import type { ListenCounters, Reading } from "./listener-reading.ts";
import { ListenerWatch, type WatchOptions } from "./listener-watch.ts";
import type { Refused, RefusedSample } from "./refused-watch.ts";
import type { WatchedMachine } from "./watched-machine.ts";

const ZERO: ListenCounters = {
  listenDrops: 0,
  listenOverflows: 0,
  reqQFullDrops: 0,
  deferAcceptDrops: 0,
  syncookiesRecv: 0,
};
export const ALL_DROPS_KNOWN = true;
export const EMFILE = Object.assign(new Error("EMFILE: too many open files, open 'netstat'"), {
  code: "EMFILE",
  syscall: "open",
});

/** One listener on port 80 in each namespace. */
export class Machine {
  readonly #listenDrops = new Map<number, number>();
  readonly #lastAcks = new Map<number, number>();
  readonly paths = new Map<number, readonly string[]>();
  readonly closed: ClosedListener[] = [];
  readonly visited: number[] = [];
  sites: readonly SiteTotal[] = [];
  /** Thrown by every visit. */
  failure: unknown;
  #visitMs = 0;
  #elapsedMs: number | undefined;
  /** Whose path leads nowhere any more, until everything is searched anew. */
  readonly lost = new Set<number>();
  searches = 0;
  nowNs = 1_000n;

  constructor(count: number) {
    for (let inode = 1; inode <= count; inode += 1) this.paths.set(inode, [`/proc/${inode}/ns/net`]);
  }

  /**
   * Each visit takes so long from now on. From the first call to the end of the test no other time passes:
   * what a loaded machine takes for anything decides nothing.
   */
  dawdle({ mock }: TestContext, visitMs: number): void {
    this.#visitMs = visitMs;
    if (this.#elapsedMs !== undefined) return;
    this.#elapsedMs = Math.ceil(performance.now());
    mock.method(performance, "now", () => this.#elapsedMs);
  }

  refuse(inode: number, count: number): void {
    this.#listenDrops.set(inode, (this.#listenDrops.get(inode) ?? 0) + count);
  }

  /** The kernel counts it twice for its listener. */
  dropLastAck(inode: number): DropEvent {
    this.refuse(inode, 1);
    this.#lastAcks.set(inode, (this.#lastAcks.get(inode) ?? 0) + 1);
    return dropWith(fullDrop, {
      netns: inode,
      timeNs: this.nowNs,
      state: "LISTEN",
      reason: "TCP_LISTEN_OVERFLOW",
      location: "tcp_v4_rcv+0x91",
      flags: ["ACK"],
      gsoSegs: 1,
      skCookie: BigInt(inode),
    });
  }

  listener(inode: number): Listener {
    const cookie = BigInt(inode);
    const drops = (this.#listenDrops.get(inode) ?? 0) + (this.#lastAcks.get(inode) ?? 0);
    const at = { address: "192.0.2.2", port: 80, takesIpv4: true, acceptQueue: 0, acceptQueueLimit: 0 };
    return { cookie, skCookie: cookie, ip: 4, drops, ...at };
  }

  watch(options: Partial<WatchOptions> = {}): ListenerWatch {
    return new ListenerWatch(this.#parts(), {
      netns: undefined,
      family: undefined,
      givesSocket: true,
      filters: false,
      lastAcksAreNamed: true,
      possibleCpus: 1,
      sites: () => this.sites,
      clock: { nowNs: () => this.nowNs, refresh: () => undefined, toWallNs: (ktimeNs) => ktimeNs },
      ...options,
    });
  }

  #parts(): WatchedMachine {
    function* findNewSteps(): Steps<void> {
      yield;
    }
    return {
      finder: { paths: this.paths, findAllSteps: () => this.#search(), findNewSteps },
      visits: {
        refused: new Map(),
        keepOnly: () => undefined,
        visit: (inode, _paths, wanted) => this.#visit(inode, wanted),
      },
      closed: { take: () => ({ closed: this.closed.splice(0), lost: 0 }), detach: () => undefined },
      [Symbol.dispose]: () => undefined,
    };
  }

  *#search(): Steps<void> {
    yield;
    this.searches += 1;
    this.lost.clear();
  }

  #visit(inode: number, wanted: (counters: ListenCounters) => boolean): Reading | undefined {
    if (this.#elapsedMs !== undefined) this.#elapsedMs += this.#visitMs;
    if (this.failure !== undefined) throw this.failure;
    this.visited.push(inode);
    if (this.lost.has(inode)) return undefined;
    const listenDrops = this.#listenDrops.get(inode) ?? 0;
    const counters = { ...ZERO, listenDrops, listenOverflows: listenDrops };
    const listeners = wanted(counters) ? [this.listener(inode)] : undefined;
    return { before: counters, listeners, after: counters };
  }
}

export const counts = (events: readonly Refused[]): unknown[] =>
  events.map(({ device, detail, flow }) => [device?.netns, detail.count, detail.atMost, flow?.dport]);
export const take = (watch: ListenerWatch): RefusedSample => finish(watch.sample());
export const emit = (watch: ListenerWatch, final = false): unknown[] =>
  counts(take(watch).emit(ALL_DROPS_KNOWN, final));
