/** The watch over listening sockets, on a machine of plain numbers that fails and dawdles as a test wants. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import type { ClosedListener } from "../capture/kinds/refused/closed-listener.ts";
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";
import { StrandedError } from "../errors.ts";
import { finish, type Steps } from "../host/steps.ts";
import type { DropEvent } from "../model/index.ts";
import { inSlices } from "./in-slices.ts";
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
const ALL_DROPS_KNOWN = true;
const EMFILE = Object.assign(new Error("EMFILE: too many open files, open 'netstat'"), {
  code: "EMFILE",
  syscall: "open",
});

/** One listener on port 80 in each namespace. */
class Machine {
  readonly #listenDrops = new Map<number, number>();
  readonly #lastAcks = new Map<number, number>();
  readonly paths = new Map<number, readonly string[]>();
  readonly closed: ClosedListener[] = [];
  readonly visited: number[] = [];
  sites: readonly SiteTotal[] = [];
  /** Thrown by every visit. */
  failure: unknown;
  visitMs = 0;
  /** Whose path leads nowhere any more, until everything is searched anew. */
  readonly lost = new Set<number>();
  searches = 0;
  nowNs = 1_000n;

  constructor(count: number) {
    for (let inode = 1; inode <= count; inode += 1) this.paths.set(inode, [`/proc/${inode}/ns/net`]);
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
      tellsSocket: true,
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
    for (const until = performance.now() + this.visitMs; performance.now() < until; );
    if (this.failure !== undefined) throw this.failure;
    this.visited.push(inode);
    if (this.lost.has(inode)) return undefined;
    const listenDrops = this.#listenDrops.get(inode) ?? 0;
    const counters = { ...ZERO, listenDrops, listenOverflows: listenDrops };
    const listeners = wanted(counters) ? [this.listener(inode)] : undefined;
    return { before: counters, listeners, after: counters };
  }
}

const counts = (events: readonly Refused[]): unknown[] =>
  events.map(({ device, detail, flow }) => [device?.netns, detail.count, detail.atMost, flow?.dport]);
const take = (watch: ListenerWatch): RefusedSample => finish(watch.sample());
const emit = (watch: ListenerWatch, final = false): unknown[] =>
  counts(take(watch).emit(ALL_DROPS_KNOWN, final));
describe("ListenerWatch", () => {
  test("counts what rose since the watch began, each once", () => {
    const machine = new Machine(3);
    machine.refuse(2, 10);
    const watch = machine.watch();
    machine.refuse(2, 4);
    machine.refuse(3, 1);
    assert.deepEqual(emit(watch), [
      [2, 4, false, 80],
      [3, 1, false, 80],
    ]);
    assert.deepEqual(emit(watch, true), []);
    assert.equal(watch.total?.count, 5);
    assert.equal(watch.problem, watch.total?.problem);
  });

  test("a look that fails is a problem and no exception; the next one counts what it would have", () => {
    const machine = new Machine(3);
    const watch = machine.watch();
    machine.refuse(1, 4);
    machine.failure = EMFILE;
    const sample = take(watch);
    assert.equal(sample.changed, false);
    assert.deepEqual(sample.emit(ALL_DROPS_KNOWN, false), []);
    assert.equal(
      watch.problem,
      "SYNs that listening sockets refused since they were looked at last are not counted: " +
        "EMFILE: too many open files, open 'netstat'. Raise the limit of open files: ulimit -n",
    );
    assert.equal(watch.total?.problem, watch.problem);
    machine.failure = undefined;
    assert.deepEqual(emit(watch), [[1, 4, false, 80]]);
    assert.equal(watch.total?.problem, undefined);
  });

  test("where the last look fails, the total says that there may be more", () => {
    const machine = new Machine(1);
    const watch = machine.watch();
    machine.refuse(1, 4);
    assert.deepEqual(emit(watch), [[1, 4, false, 80]]);
    machine.refuse(1, 2);
    machine.failure = EMFILE;
    assert.deepEqual(emit(watch, true), []);
    assert.deepEqual([watch.total?.count, watch.total?.atMost], [4, false]);
    assert.match(watch.total?.problem ?? "", /EMFILE/);
  });

  test("a mistake of the program, and a thread that cannot return, are no such problem", () => {
    for (const failure of [new TypeError("broken"), new StrandedError(7)]) {
      const machine = new Machine(1);
      const watch = machine.watch();
      machine.failure = failure;
      assert.throws(() => take(watch), failure);
    }
  });

  test("looks in steps: no longer than a slice at a time, however many namespaces there are", async () => {
    const machine = new Machine(120);
    const watch = machine.watch();
    machine.visitMs = 0.5;
    const slices: number[] = [];
    let startedMs = performance.now();
    const turn = (): void => {
      slices.push(performance.now() - startedMs);
      startedMs = performance.now();
      if (!isOver) setImmediate(turn);
    };
    let isOver = false;
    setImmediate(turn);
    machine.visited.length = 0;
    await new Promise((done, failed) => inSlices(watch.sample(), 10, { done, failed }));
    isOver = true;
    assert.equal(machine.visited.length, 120);
    assert(slices.length > 4, `${slices.length} turns of the event loop`);
  });

  test("the last sample ends in time; what it left out is looked at after the end, as a bound", () => {
    const machine = new Machine(40);
    const watch = machine.watch();
    for (const inode of machine.paths.keys()) machine.refuse(inode, 2);
    machine.visitMs = 1;
    machine.visited.length = 0;
    const sample = finish(watch.sample(performance.now() + 10));
    assert(machine.visited.length <= 11, "each visit takes a millisecond");
    assert(sample.catchUp !== undefined);
    finish(sample.catchUp(performance.now() + 5000));
    assert.equal(machine.visited.length, 40);
    const events = sample.emit(ALL_DROPS_KNOWN, true);
    assert.deepEqual(
      events.map(({ device }) => device?.netns),
      [...machine.paths.keys()],
    );
    const exact = events.filter(({ detail }) => !detail.atMost).length;
    assert(exact > 0 && exact < 40, `${exact} were looked at in time`);
    const { count, atMost, causesAtMost, problem } = watch.total ?? assert.fail();
    assert.deepEqual([count, atMost, causesAtMost, problem], [80, true, ["ACCEPT_QUEUE_FULL"], undefined]);
  });

  test("what there was no time for at all is said", () => {
    const machine = new Machine(40);
    const watch = machine.watch();
    for (const inode of machine.paths.keys()) machine.refuse(inode, 1);
    machine.visitMs = 1;
    const sample = finish(watch.sample(performance.now() + 5));
    const events = sample.emit(ALL_DROPS_KNOWN, true);
    assert(events.length > 0 && events.length < 40);
    assert.match(
      watch.total?.problem ?? "",
      /^SYNs refused in \d+ network namespaces since .* are not counted: there was no time at the end$/,
    );
  });

  test("a namespace whose path was lost is searched everywhere, in the next round or after the end", () => {
    const machine = new Machine(3);
    const watch = machine.watch();
    for (const [final, count] of [
      [false, 4],
      [true, 5],
    ] as const) {
      const { searches } = machine;
      machine.lost.add(2);
      machine.refuse(2, count);
      if (final) {
        const sample = finish(watch.sample(performance.now() + 1000));
        assert(sample.catchUp !== undefined);
        finish(sample.catchUp(performance.now() + 1000));
        assert.deepEqual(counts(sample.emit(ALL_DROPS_KNOWN, true)), [[2, 5, true, 80]]);
      } else {
        assert.deepEqual(emit(watch), []);
        assert.deepEqual(emit(watch), [[2, 4, false, 80]]);
      }
      assert.equal(machine.searches, searches + 1);
    }
    assert.equal(watch.total?.problem, undefined);
  });

  test("where it cannot be found in time, that is said", () => {
    const machine = new Machine(3);
    const watch = machine.watch();
    machine.refuse(2, 4);
    machine.lost.add(2);
    const sample = finish(watch.sample(performance.now() + 1000));
    assert.deepEqual(sample.emit(ALL_DROPS_KNOWN, true), []);
    assert.match(watch.total?.problem ?? "", /^SYNs refused in 1 network namespace since .* not counted/);
  });

  test("a namespace that was named, and whose path is lost at the start, is searched again", () => {
    const machine = new Machine(1);
    machine.lost.add(1);
    // The first search is over before the path is lost.
    machine.lost.clear = () => machine.searches > 1 && Set.prototype.clear.call(machine.lost);
    const watch = machine.watch({ netns: [1] });
    assert.deepEqual([machine.searches, watch.problem], [2, undefined]);
    machine.refuse(1, 2);
    assert.deepEqual(emit(watch), [[1, 2, false, 80]]);
  });

  test("namespaces that the first round had no time for are watched from the second one on", () => {
    const machine = new Machine(200);
    for (const inode of machine.paths.keys()) machine.refuse(inode, 7);
    machine.visitMs = 1;
    const watch = machine.watch();
    const inTime = machine.visited.length;
    assert(inTime > 0 && inTime < 200, `${inTime} in time`);
    machine.visitMs = 0;
    assert.deepEqual(emit(watch), []);
    machine.refuse(200, 3);
    assert.deepEqual(emit(watch), [[200, 3, false, 80]]);
  });

  test("a namespace that appears is watched, and its first count is at most", () => {
    const machine = new Machine(1);
    const watch = machine.watch();
    machine.paths.set(9, ["/proc/9/ns/net"]);
    machine.refuse(9, 3);
    assert.deepEqual(emit(watch), [[9, 3, true, 80]]);
    machine.refuse(9, 1);
    assert.deepEqual(emit(watch), [[9, 1, false, 80]]);
  });

  test("a drop after the look belongs to the next one", () => {
    const machine = new Machine(1);
    const watch = machine.watch();
    machine.refuse(1, 4);
    const sample = take(watch);
    machine.nowNs += 10n;
    watch.record(machine.dropLastAck(1));
    assert.deepEqual(counts(sample.emit(ALL_DROPS_KNOWN, false)), [[1, 4, false, 80]]);
    machine.refuse(1, 1);
    assert.deepEqual(emit(watch), [[1, 1, false, 80]]);
  });

  test("a sample that was not emitted is void when the next one begins, and nothing is lost with it", () => {
    const machine = new Machine(1);
    const watch = machine.watch();
    machine.refuse(1, 4);
    const first = take(watch);
    machine.nowNs += 10n;
    watch.record(machine.dropLastAck(1));
    const steps = watch.sample();
    steps.next();
    assert.deepEqual(first.emit(ALL_DROPS_KNOWN, false), []);
    machine.refuse(1, 1);
    assert.deepEqual(counts(finish(steps).emit(ALL_DROPS_KNOWN, false)), [[1, 5, false, 80]]);
  });

  test("a socket that was closed since has its address, and one of a namespace that has gone too", () => {
    const machine = new Machine(2);
    const watch = machine.watch();
    machine.refuse(1, 4);
    machine.refuse(2, 5);
    for (const inode of [1, 2])
      machine.closed.push({
        ...machine.listener(inode),
        port: 8080 + inode,
        cookie: 99n,
        skCookie: 99n,
        netns: inode,
        ktimeNs: machine.nowNs,
      });
    machine.paths.delete(2);
    const events = emit(watch);
    assert.deepEqual(events.at(-1), [2, 5, true, 8082]);
    assert(JSON.stringify(events).includes("8081"));
  });
});

describe("ListenerWatch, where not every drop has an event", () => {
  const overflow = (count: number): readonly SiteTotal[] => [
    { key: "1", count, name: () => ({ reason: "TCP_LISTEN_OVERFLOW", location: "tcp_v4_rcv+0x99" }) },
  ];
  /** Last ACKs that nobody was shown. */
  const dropUnseen = (machine: Machine, inode: number, count: number): void => {
    for (let at = 0; at < count; at += 1) machine.dropLastAck(inode);
    machine.sites = overflow((machine.sites[0]?.count ?? 0) + count);
  };
  const settled = (watch: ListenerWatch): unknown[] => {
    counts(take(watch).emit(!ALL_DROPS_KNOWN, true));
    const { count, atMost, byCause, causesAtMost } = watch.total ?? assert.fail();
    return [count, atMost, byCause, causesAtMost];
  };

  test("the kernel's totals by site say how many last ACKs there were", () => {
    const machine = new Machine(3);
    machine.sites = overflow(100);
    const watch = machine.watch();
    machine.refuse(2, 4);
    dropUnseen(machine, 2, 30);
    watch.record(machine.dropLastAck(2));
    machine.sites = overflow(131);
    assert.deepEqual(settled(watch), [4, false, { ACCEPT_QUEUE_FULL: 4 }, []]);
  });

  test("in several namespaces each has as many as its own counters allow", () => {
    const machine = new Machine(3);
    const watch = machine.watch();
    machine.refuse(1, 4);
    dropUnseen(machine, 1, 6);
    machine.refuse(2, 1);
    dropUnseen(machine, 2, 2);
    assert.deepEqual(settled(watch), [5, false, { ACCEPT_QUEUE_FULL: 5 }, []]);
  });

  test("where one of two may have had them, each is a bound, and the total is less than their sum", () => {
    const machine = new Machine(2);
    const watch = machine.watch();
    machine.refuse(1, 10);
    machine.refuse(2, 10);
    // Both listeners dropped more than refused SYNs: any of it may have been last ACKs.
    const more = machine.listener.bind(machine);
    machine.listener = (inode) => ({ ...more(inode), drops: more(inode).drops + 5 });
    machine.sites = overflow(6);
    const sample = take(watch);
    assert.deepEqual(counts(sample.emit(!ALL_DROPS_KNOWN, true)), [
      [1, 9, true, 80],
      [2, 9, true, 80],
    ]);
    const { count, atMost, causesAtMost } = watch.total ?? assert.fail();
    assert.deepEqual([count, atMost, causesAtMost], [14, true, ["ACCEPT_QUEUE_FULL"]]);
  });

  test("what a filter turned away in the kernel may have been more of them", () => {
    const machine = new Machine(1);
    const watch = machine.watch({ filters: true });
    machine.refuse(1, 4);
    dropUnseen(machine, 1, 3);
    assert.deepEqual(settled(watch), [4, true, { ACCEPT_QUEUE_FULL: 4 }, ["ACCEPT_QUEUE_FULL"]]);
  });

  test("a kernel that does not give a drop's socket leaves a bound", () => {
    const machine = new Machine(1);
    const watch = machine.watch({ tellsSocket: false });
    machine.refuse(1, 4);
    assert.deepEqual(settled(watch), [4, true, { ACCEPT_QUEUE_FULL: 4 }, ["ACCEPT_QUEUE_FULL"]]);
  });

  test("listeners that a round had no time to ask come first in the next, with their last ACKs", () => {
    const machine = new Machine(10);
    const watch = machine.watch();
    for (const inode of machine.paths.keys()) machine.refuse(inode, 1);
    dropUnseen(machine, 10, 2);
    machine.visitMs = 25;
    const first = take(watch).emit(!ALL_DROPS_KNOWN, false);
    assert(first.length > 0 && first.length < 10, `${first.length} were asked`);
    machine.visitMs = 0;
    machine.visited.length = 0;
    const second = counts(take(watch).emit(!ALL_DROPS_KNOWN, false));
    assert.equal(machine.visited[0], first.length + 1);
    assert.equal(second.length, 10 - first.length);
    assert.deepEqual(second.at(-1), [10, 1, true, 80]);
    assert.equal(watch.total?.count, 10);
  });
});
