/** The watch over listening sockets, on a machine of plain numbers; with drops in listener-watch-drops.test.ts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { StrandedError } from "../errors.ts";
import { finish } from "../host/steps.ts";
import { inSlices } from "./in-slices.ts";
import { ALL_DROPS_KNOWN, counts, EMFILE, emit, Machine, take } from "./machine.test.kit.ts";

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

  test("looks in steps: no longer than a slice at a time, however many namespaces there are", async (t) => {
    const machine = new Machine(120);
    const watch = machine.watch();
    machine.dawdle(t, 0.5);
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
    assert(Math.max(...slices) < 11, "a slice ends with the visit that it began");
  });

  test("the last sample ends in time; what it left out is looked at after the end, as a bound", (t) => {
    const machine = new Machine(40);
    const watch = machine.watch();
    for (const inode of machine.paths.keys()) machine.refuse(inode, 2);
    machine.dawdle(t, 1);
    machine.visited.length = 0;
    const sample = finish(watch.sample(performance.now() + 10));
    assert.equal(machine.visited.length, 10, "each visit takes a millisecond");
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

  test("what there was no time for at all is said", (t) => {
    const machine = new Machine(40);
    const watch = machine.watch();
    for (const inode of machine.paths.keys()) machine.refuse(inode, 1);
    machine.dawdle(t, 1);
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

  test("namespaces that the first round had no time for are watched from the second one on", (t) => {
    const machine = new Machine(200);
    for (const inode of machine.paths.keys()) machine.refuse(inode, 7);
    machine.dawdle(t, 1);
    const watch = machine.watch();
    const inTime = machine.visited.length;
    assert(inTime > 0 && inTime < 200, `${inTime} in time`);
    machine.dawdle(t, 0);
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
