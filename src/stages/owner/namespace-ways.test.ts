import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import type { NetnsFinder } from "../../host/netns-finder.ts";
import { syscallError } from "../../sys/errno.ts";
import { NamespaceWays } from "./namespace-ways.ts";

const OWN = 1;
const OTHER = 2;
const EPERM = 1;

describe("NamespaceWays", () => {
  let nowMs: number;
  let searches: number;
  /** How many steps a search has. */
  let steps: number;
  let found: Map<number, readonly string[]>;
  let leads: Map<string, number>;
  let refusal: Error | undefined;
  let exhausted: Error | undefined;
  let ways: NamespaceWays;

  beforeEach(() => {
    nowMs = 1000;
    searches = 0;
    steps = 0;
    found = new Map();
    leads = new Map();
    refusal = undefined;
    exhausted = undefined;
    ways = new NamespaceWays({ entry: { finder, visit }, own: OWN, findsAll: true, nowMs: () => nowMs });
  });

  function finder(): NetnsFinder {
    let paths: ReadonlyMap<number, readonly string[]> = new Map();
    return {
      get paths() {
        return paths;
      },
      *findNewSteps() {
        searches += 1;
        if (exhausted !== undefined) throw exhausted;
        for (let step = 0; step < steps; step += 1) {
          nowMs += 1;
          yield undefined;
        }
        paths = new Map(found);
      },
    } as unknown as NetnsFinder;
  }

  function visit<T>(inode: number, path: string, run: () => T): T | undefined {
    if (refusal !== undefined) throw refusal;
    return leads.get(path) === inode ? run() : undefined;
  }

  const inside = (inode: number | undefined) => ways.inside(inode, nowMs, () => "seen");

  test("is in the own namespace already", () => {
    assert.deepEqual(inside(OWN), { kind: "seen", value: "seen" });
    assert.equal(searches, 0);
  });

  test("says that rights are missing where those of others cannot be found", () => {
    assert.deepEqual(inside(7), { kind: "unseen", missing: "not_found" });
    ways = new NamespaceWays({ entry: { finder, visit }, own: OWN, findsAll: false, nowMs: () => nowMs });
    assert.deepEqual(inside(7), { kind: "unseen", missing: "rights" });
  });

  test("goes through the first way that still leads there", () => {
    found.set(OTHER, ["/gone", "/here"]);
    leads.set("/here", OTHER);
    assert.deepEqual(inside(OTHER), { kind: "seen", value: "seen" });
    inside(OTHER);
    assert.equal(searches, 1);
  });

  test("finds nothing where no way leads, once it has looked", () => {
    assert.deepEqual(inside(OTHER), { kind: "unseen", missing: "not_found" });
    assert.deepEqual(inside(undefined), { kind: "unseen", missing: "not_found" });
  });

  test("looks for ways a slice at a time, and pauses after that", () => {
    steps = 12;
    found.set(OTHER, ["/here"]);
    leads.set("/here", OTHER);
    const sinceMs = nowMs;
    const ask = () => ways.inside(OTHER, sinceMs, () => "seen");
    assert.deepEqual(ask(), { kind: "later" });
    assert(ways.isSearching);
    assert.deepEqual(ask(), { kind: "later" });
    assert.deepEqual(ask(), { kind: "seen", value: "seen" });
    assert.equal(searches, 1);
    nowMs += 1;
    const third = ways.inside(3, nowMs, () => "seen");
    assert.deepEqual([third, searches, ways.isSearching], [{ kind: "later" }, 1, false]);
    nowMs += 50 * 12;
    ways.inside(3, nowMs, () => "seen");
    assert.equal(searches, 2);
  });

  test("says where it may not enter, and why", () => {
    found.set(OTHER, ["/here"]);
    refusal = syscallError(EPERM, "setns", "Cannot enter a network namespace");
    assert.deepEqual(inside(OTHER), { kind: "unseen", missing: "rights" });
    assert.match(ways.refusal ?? "", /Cannot enter/);
  });

  test("does not take what fails inside for a refusal", () => {
    found.set(OTHER, ["/here"]);
    leads.set("/here", OTHER);
    const failure = syscallError(EPERM, "recv", "Cannot read netlink");
    assert.throws(
      () =>
        ways.inside(OTHER, nowMs, () => {
          throw failure;
        }),
      failure,
    );
  });

  test("sees only the own namespace without an entry", () => {
    ways = new NamespaceWays({ entry: undefined, own: OWN, findsAll: true, nowMs: () => nowMs });
    assert.deepEqual(inside(OTHER), { kind: "unseen", missing: "rights" });
    assert.deepEqual(ways.known(), [OWN]);
    assert(ways.prepare());
  });

  test("looks for one that it has not found again after some seconds, and not before", () => {
    steps = 0;
    assert.deepEqual(inside(OTHER), { kind: "unseen", missing: "not_found" });
    const before = searches;
    nowMs += 4000;
    assert.deepEqual(inside(OTHER), { kind: "unseen", missing: "not_found" });
    assert.equal(searches, before);
    found.set(OTHER, ["/proc/7"]);
    leads.set("/proc/7", OTHER);
    nowMs += 2000;
    assert.deepEqual(inside(OTHER), { kind: "seen", value: "seen" });
  });

  test("goes on without descriptors to search with, and says so", () => {
    exhausted = Object.assign(new Error("EMFILE: too many open files, scandir"), {
      code: "EMFILE",
      syscall: "scandir",
    });
    assert.equal(ways.prepare(), true);
    assert.deepEqual(inside(OTHER), { kind: "unseen", missing: "not_found" });
    assert.match(ways.refusal ?? "", /could not all be looked for: EMFILE/);
    exhausted = undefined;
    found.set(OTHER, ["/proc/7"]);
    leads.set("/proc/7", OTHER);
    nowMs += 6000;
    assert.deepEqual(inside(OTHER), { kind: "seen", value: "seen" });
  });
});
