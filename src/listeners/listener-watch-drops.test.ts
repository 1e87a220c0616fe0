/** What the watch over listening sockets takes off for drops that have no event. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SiteTotal } from "./last-acks.ts";
import type { ListenerWatch } from "./listener-watch.ts";
import { ALL_DROPS_KNOWN, counts, Machine, take } from "./machine.test.kit.ts";

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
    const watch = machine.watch({ givesSocket: false });
    machine.refuse(1, 4);
    assert.deepEqual(settled(watch), [4, true, { ACCEPT_QUEUE_FULL: 4 }, ["ACCEPT_QUEUE_FULL"]]);
  });

  test("listeners that a round had no time to ask come first in the next, with their last ACKs", (t) => {
    const machine = new Machine(10);
    const watch = machine.watch();
    for (const inode of machine.paths.keys()) machine.refuse(inode, 1);
    dropUnseen(machine, 10, 2);
    machine.dawdle(t, 25);
    const first = take(watch).emit(!ALL_DROPS_KNOWN, false);
    assert(first.length > 0 && first.length < 10, `${first.length} were asked`);
    machine.dawdle(t, 0);
    machine.visited.length = 0;
    const second = counts(take(watch).emit(!ALL_DROPS_KNOWN, false));
    assert.equal(machine.visited[0], first.length + 1);
    assert.equal(second.length, 10 - first.length);
    assert.deepEqual(second.at(-1), [10, 1, true, 80]);
    assert.equal(watch.total?.count, 10);
  });
});
