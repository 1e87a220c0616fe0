import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Finder, type Found } from "./finder.ts";
import { listening, ScriptedMachine } from "./scripted-machine.test.kit.ts";
import { SocketBook } from "./socket-book.ts";
import { WalkBudget } from "./walk-budget.ts";

const WEB = 100n;
const SHARE = 0.02;
/** CPU time that is there at once: the share of ten seconds. */
const SAVED_MS = 10_000 * SHARE;
const PATIENCE_MS = 100;

describe("Finder", () => {
  let machine: ScriptedMachine;
  let book: SocketBook;
  let finder: Finder;
  let failures: unknown[];

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    machine = new ScriptedMachine();
    book = new SocketBook();
    failures = [];
    const nowMs = (): number => machine.nowMs;
    finder = new Finder({
      machine,
      book,
      budget: new WalkBudget(SHARE, nowMs),
      nowMs,
      patienceMs: PATIENCE_MS,
      onWalked: () => undefined,
      onFailure: (failure) => failures.push(failure),
    });
  });
  afterEach(() => {
    finder[Symbol.dispose]();
    mock.timers.reset();
  });

  /** Asks for sockets of one cgroup; what was answered by now, by inode. */
  function ask(inodes: readonly number[], cgroupId: bigint | undefined = WEB): Map<number, Found> {
    const answers = new Map<number, Found>();
    for (const inode of inodes)
      finder.find({
        inode,
        cgroupId,
        answer: (found) => {
          assert(!answers.has(inode), "each is answered once");
          answers.set(inode, found);
        },
      });
    finder.look(Number.POSITIVE_INFINITY);
    return answers;
  }

  async function walked(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }

  const pidOf = (found: Found | undefined): number | undefined =>
    found?.kind === "holder" ? found.holder.pid : undefined;
  const holdersOf = (found: Found | undefined): number | undefined =>
    found?.kind === "holder" ? found.holder.holders : undefined;
  const missing = (found: Found | undefined): string | undefined =>
    found?.kind === "missing" ? found.missing : undefined;

  test("finds sockets in the processes of their cgroup, and looks at each once", () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    machine.process(11, WEB, [{ inode: 2 }, { inode: 3 }]);
    const answers = ask([1, 2, 3]);
    assert.deepEqual(
      [1, 2, 3].map((inode) => pidOf(answers.get(inode))),
      [10, 11, 11],
    );
    assert.deepEqual(machine.looks, [10, 11]);
    assert.equal(machine.walks, 0);
  });

  test("looks at the process first that held the last socket of the cgroup", () => {
    for (const pid of [10, 11, 12]) machine.process(pid, WEB, [{ inode: pid }, { inode: 100 + pid }]);
    ask([12]);
    machine.looks = [];
    machine.nowMs += 100;
    assert.equal(pidOf(ask([112]).get(112)), 12);
    assert.deepEqual(machine.looks, [12]);
  });

  test("looks at all of the cgroup for a listener: the oldest is told, and how many hold it", () => {
    machine.process(10, WEB, [{ inode: 5 }]);
    ask([5]);
    for (const pid of [12, 11, 13]) machine.process(pid, WEB, [listening(1)]);
    const found = ask([1]).get(1);
    assert.equal(pidOf(found), 11);
    assert.equal(found?.kind === "holder" ? found.holder.holders : undefined, 3);
  });

  describe("where several processes may hold a socket", () => {
    const OTHERS = 500n;

    test("does not look for others where one descriptor is the only reference", () => {
      machine.process(10, WEB, [{ inode: 1 }]);
      machine.process(11, WEB, []);
      const found = ask([1]).get(1);
      assert.deepEqual([pidOf(found), holdersOf(found), machine.looks], [10, 1, [10]]);
    });

    test("looks at all of the cgroup for a connection that the last process holds with others", () => {
      machine.process(12, WEB, [{ inode: 5 }]);
      ask([5]);
      for (const pid of [11, 12, 13]) machine.process(pid, WEB, [{ inode: 1 }]);
      const found = ask([1]).get(1);
      assert.deepEqual([pidOf(found), holdersOf(found), machine.walks], [11, 3, 0]);
    });

    test("walks for those outside of the cgroup, and tells the oldest of all", async () => {
      machine.process(20, WEB, [{ inode: 1 }]);
      machine.process(10, OTHERS, [{ inode: 1 }]);
      const answers = ask([1]);
      assert.equal(answers.size, 0, "the one in the cgroup may not be the oldest");
      await walked();
      assert.deepEqual([pidOf(answers.get(1)), holdersOf(answers.get(1))], [10, 2]);
    });

    test("notices one that got it since", () => {
      machine.process(10, WEB, [{ inode: 1 }]);
      machine.process(11, WEB, []);
      ask([1]);
      machine.process(11, WEB, [{ inode: 1 }]);
      machine.nowMs += 1001;
      const found = ask([1]).get(1);
      assert.deepEqual([pidOf(found), holdersOf(found)], [10, 2]);
    });

    test("tells one that holds it where there is no budget to look for the others, and stays with it", async () => {
      machine.walkMs = SAVED_MS + 40;
      ask([7], undefined);
      await walked();
      machine.process(20, WEB, [{ inode: 1 }]);
      machine.process(10, OTHERS, [{ inode: 1 }]);
      const found = ask([1]).get(1);
      assert.deepEqual([pidOf(found), holdersOf(found)], [20, undefined]);
      machine.walkMs = 0;
      machine.nowMs += 100_000;
      const answers = ask([1]);
      await walked();
      assert.deepEqual([pidOf(answers.get(1)), holdersOf(answers.get(1))], [20, 2]);
      machine.process(20, WEB, []);
      machine.nowMs += 1001;
      const after = ask([1]);
      await walked();
      assert.deepEqual([pidOf(after.get(1)), holdersOf(after.get(1))], [10, 1]);
    });

    test("tells one that holds it to who does not wait for the walk", () => {
      machine.process(20, WEB, [{ inode: 1, others: 1 }]);
      assert.equal(ask([1]).size, 0);
      assert.deepEqual([finder.seen(1)?.pid, finder.seen(1)?.holders], [20, undefined]);
    });

    test("walks once for references that are no descriptors, and again only where they get more", async () => {
      let walks = 0;
      for (const [others, more] of [
        [1, 1],
        [1, 0],
        [0, 0],
        [1, 0],
        [2, 1],
      ] as const) {
        machine.process(10, WEB, [{ inode: 1, others }]);
        const answers = ask([1]);
        await walked();
        assert.deepEqual([pidOf(answers.get(1)), holdersOf(answers.get(1))], [10, 1]);
        walks += more;
        assert.equal(machine.walks, walks, `${others} references of calls that wait`);
        machine.nowMs += 1001;
      }
    });

    test("walks where nothing is known of references", async () => {
      machine.process(20, WEB, [{ inode: 1, others: Number.NaN }]);
      const answers = ask([1]);
      await walked();
      assert.deepEqual([holdersOf(answers.get(1)), machine.walks], [1, 1]);
    });
  });

  test("does not tell pid 1 where another process holds it too", async () => {
    machine.process(1, 2n, [{ inode: 1 }, { inode: 2 }]);
    machine.process(30, WEB, [{ inode: 1 }]);
    const answers = ask([1, 2], undefined);
    await walked();
    assert.deepEqual([pidOf(answers.get(1)), pidOf(answers.get(2))], [30, 1]);
  });

  test("walks all where the cgroup has nobody who holds it, and knows the process the next time", async () => {
    machine.process(10, WEB, []);
    machine.process(99, 500n, [{ inode: 1 }, { inode: 2 }, { inode: 3 }]);
    const answers = ask([1]);
    assert.equal(answers.size, 0);
    await walked();
    assert.equal(pidOf(answers.get(1)), 99);
    assert.equal(machine.walks, 1);
    machine.nowMs += 1001;
    machine.looks = [];
    machine.process(99, 500n, [{ inode: 4 }]);
    assert.equal(pidOf(ask([4]).get(4)), 99);
    assert.deepEqual(machine.looks, [99]);
  });

  test("looks again once what was seen is older than a quarter of a second: one look for all of a process", () => {
    machine.process(10, WEB, [{ inode: 1 }, { inode: 2 }]);
    machine.process(11, WEB, []);
    ask([1, 2]);
    machine.looks = [];
    machine.nowMs += 250;
    assert.equal(pidOf(ask([1]).get(1)), 10);
    assert.deepEqual(machine.looks, []);
    machine.nowMs += 1;
    ask([1, 2]);
    assert.deepEqual(machine.looks, [10]);
  });

  test("finds the heir of a socket whose holder has ended", () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    machine.process(11, WEB, []);
    ask([1]);
    machine.end(10);
    machine.process(11, WEB, [{ inode: 1 }]);
    machine.nowMs += 1001;
    assert.equal(pidOf(ask([1]).get(1)), 11);
  });

  test("says what was not found, with who held it, and walks for it more seldom", async () => {
    machine.process(10, WEB, [{ inode: 1 }]);
    ask([1]);
    machine.end(10);
    machine.nowMs += 1001;
    const answers = ask([1]);
    await walked();
    const found = answers.get(1);
    assert.equal(missing(found), "not_found");
    assert.equal(found?.kind === "missing" ? found.former?.pid : undefined, 10);
    const walksAfter: number[] = [];
    for (let second = 0; second < 20; second += 1) {
      machine.nowMs += 1000;
      const before = machine.walks;
      const again = ask([1]);
      await walked();
      assert.equal(missing(again.get(1)), "not_found");
      if (machine.walks > before) walksAfter.push(second + 1);
    }
    assert.deepEqual(walksAfter, [1, 3, 7, 12, 17]);
  });

  test("pauses after a walk that took more than was saved, as long as its share asks for", async () => {
    machine.walkMs = SAVED_MS + 40;
    machine.process(99, 500n, [{ inode: 1 }]);
    ask([7], undefined);
    await walked();
    assert.equal(machine.walks, 1);
    const answers = ask([8, 9], undefined);
    assert.deepEqual([missing(answers.get(8)), missing(answers.get(9))], ["budget", "budget"]);
    machine.nowMs += 1999;
    mock.timers.tick(1999);
    await walked();
    assert.equal(machine.walks, 1);
    machine.nowMs += 1;
    mock.timers.tick(1);
    await walked();
    assert.equal(machine.walks, 2, "one walk for all who were told so, to know it the next time");
    machine.nowMs += 100_000;
    mock.timers.tick(100_000);
    await walked();
    assert.equal(machine.walks, 2, "and none for nobody");
  });

  test("waits for a walk that may begin soon", async () => {
    machine.walkMs = SAVED_MS + 1;
    machine.process(99, 500n, [{ inode: 1 }]);
    ask([7], undefined);
    await walked();
    const answers = ask([1], undefined);
    // Seen by the walk before.
    assert.equal(pidOf(answers.get(1)), 99);
    machine.process(98, 500n, [{ inode: 2 }]);
    const later = ask([2], undefined);
    assert.equal(later.size, 0);
    machine.nowMs += 50;
    mock.timers.tick(50);
    await walked();
    assert.equal(pidOf(later.get(2)), 98);
  });

  test("leaves a process alone for a while after a long look, and finds the socket then", () => {
    machine.lookMs = 2;
    machine.process(10, WEB, [{ inode: 1 }, { inode: 2 }]);
    ask([1]);
    const answers = ask([2]);
    assert.equal(answers.size, 0);
    assert(finder.hasWork);
    assert.equal(machine.looks.length, 1);
    machine.nowMs += 40;
    finder.look(Number.POSITIVE_INFINITY);
    assert.equal(pidOf(answers.get(2)), 10);
    assert.equal(machine.walks, 0);
  });

  test("ends looks at single processes where they have taken five times the budget of a second", () => {
    machine.lookMs = 10;
    for (let pid = 10; pid < 60; pid += 1) machine.process(pid, BigInt(pid), [{ inode: pid }]);
    for (let pid = 10; pid < 60; pid += 1) ask([pid], BigInt(pid));
    assert.equal(machine.looks.length, 10);
  });

  test("counts what looks take of a CPU, and not what others do meanwhile", () => {
    machine.lookMs = 0.1;
    machine.preemptedMs = 10;
    for (let pid = 10; pid < 60; pid += 1) machine.process(pid, BigInt(pid), [{ inode: pid }]);
    for (let pid = 10; pid < 60; pid += 1) ask([pid], BigInt(pid));
    assert.equal(machine.looks.length, 50);
  });

  test("walks where processes cannot be looked at one by one, as before Linux 6.1", async () => {
    machine.canLimit = false;
    machine.process(10, WEB, [{ inode: 1 }]);
    const answers = ask([1]);
    await walked();
    assert.equal(pidOf(answers.get(1)), 10);
    assert.deepEqual(machine.looks, []);
  });

  test("answers each once where an answer fails, and says why", async () => {
    const mistake = new Error("a mistake");
    let answered = 0;
    finder.find({ inode: 1, cgroupId: undefined, answer: () => (answered += 1) });
    finder.find({
      inode: 2,
      cgroupId: undefined,
      answer: () => {
        throw mistake;
      },
    });
    finder.look(Number.POSITIVE_INFINITY);
    await walked();
    assert.deepEqual([answered, failures], [1, [mistake]]);
  });

  test("goes on after an answer that failed in a callback of its own", async () => {
    machine.walkMs = SAVED_MS + 1;
    ask([7], undefined);
    await walked();
    const mistake = new Error("a mistake");
    machine.failure = new Error("no descriptors");
    finder.find({
      inode: 8,
      cgroupId: undefined,
      answer: () => {
        throw mistake;
      },
    });
    finder.look(Number.POSITIVE_INFINITY);
    machine.nowMs += 50;
    mock.timers.tick(50);
    await walked();
    assert.deepEqual(failures, [machine.failure, mistake]);
    machine.failure = undefined;
    machine.nowMs += 100_000;
    const answers = ask([9], undefined);
    await walked();
    assert.equal(missing(answers.get(9)), "not_found");
  });

  test("answers where a walk fails, and says why", async () => {
    machine.failure = new Error("no descriptors");
    const answers = ask([1], undefined);
    await walked();
    assert.equal(missing(answers.get(1)), "late");
    assert.deepEqual(failures, [machine.failure]);
  });

  test("does not say that nobody holds a socket where a walk did not see all", async () => {
    machine.isWhole = false;
    const answers = ask([1], undefined);
    await walked();
    assert.equal(missing(answers.get(1)), "late");
    machine.isWhole = true;
    machine.nowMs += 100;
    const again = ask([1], undefined);
    await walked();
    assert.equal(missing(again.get(1)), "not_found");
  });

  test("looks no longer than it may, and goes on from there", () => {
    machine.lookMs = 3;
    for (let pid = 10; pid < 14; pid += 1) machine.process(pid, BigInt(pid), [{ inode: pid }]);
    for (let pid = 10; pid < 14; pid += 1)
      finder.find({ inode: pid, cgroupId: BigInt(pid), answer: () => undefined });
    finder.look(machine.nowMs + 5);
    assert.deepEqual(machine.looks, [10, 11]);
    finder.look(machine.nowMs + 5);
    assert.deepEqual(machine.looks, [10, 11, 12, 13]);
    assert(!finder.hasWork);
  });
});
