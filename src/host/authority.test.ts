import assert from "node:assert/strict";
import { fstatSync, readdirSync, readlinkSync } from "node:fs";
import { describe, test } from "node:test";
import { PermissionError, UsageError } from "../errors.ts";
import { ERRNO } from "../sys/errno.ts";
import { openDescriptors } from "../sys/fd.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { acquire, listNeeds } from "./authority.ts";
import { type Rights, readRights } from "./capabilities.ts";
import { NEEDS, needsOf } from "./needs.ts";
import { newNetns } from "./new-netns.test.kit.ts";
import { finish } from "./steps.ts";

const WANTED = { cost: false, namespaces: false };
const rightsOf = (
  ...capabilities: readonly ("CAP_SYS_ADMIN" | "CAP_BPF" | "CAP_PERFMON" | "CAP_SYSLOG")[]
): Rights => ({
  ...readRights("/no/such/root"),
  capabilities: new Set(capabilities),
});
const descriptors = (): number => readdirSync("/proc/self/fd").length;

describe("needsOf", () => {
  test("names nothing that nobody asked for", () => {
    assert.deepEqual(needsOf(WANTED), ["trace", "memory", "maps", "symbols"]);
    assert.deepEqual(needsOf({ ...WANTED, cost: true }), [
      "trace",
      "memory",
      "maps",
      "symbols",
      "statistics",
    ]);
    assert.deepEqual(needsOf({ cost: true, namespaces: true }), Object.keys(NEEDS));
  });
});

describe("listNeeds", () => {
  test("says what of each need this process lacks", () => {
    const missing = (rights: Rights): object =>
      Object.fromEntries(
        listNeeds({ cost: true, namespaces: true }, rights).map((need) => [need.name, need.missing]),
      );
    assert.deepEqual(missing(rightsOf("CAP_BPF", "CAP_PERFMON")), {
      trace: [],
      memory: ["CAP_SYS_RESOURCE"],
      maps: [],
      symbols: ["CAP_SYSLOG"],
      statistics: ["CAP_SYS_ADMIN"],
      enter: ["CAP_SYS_ADMIN"],
      find: ["CAP_SYS_PTRACE"],
    });
    assert.deepEqual(missing(rightsOf("CAP_SYS_ADMIN")), {
      trace: [],
      memory: ["CAP_SYS_RESOURCE"],
      maps: [],
      symbols: ["CAP_SYSLOG"],
      statistics: [],
      enter: [],
      find: ["CAP_SYS_PTRACE"],
    });
    const unknown = missing(readRights("/no/such/root"));
    assert.deepEqual(new Set(Object.values(unknown)), new Set([undefined]), "where the machine does not say");
  });
});

describe("acquire", () => {
  test("has what was asked for, and nothing else, and closes it", () => {
    const [before, all] = [openDescriptors(), descriptors()];
    {
      using held = acquire(libcSyscalls, WANTED);
      assert.equal(held.statistics, undefined);
      assert.equal(held.namespaces, undefined);
      assert.ok((finish(held.symbols.symbols()).symbols?.size ?? 0) > 1000);
      assert.deepEqual(
        held.needs.map(({ name }) => name),
        needsOf(WANTED),
      );
    }
    {
      using held = acquire(libcSyscalls, { cost: true, namespaces: true });
      assert.notEqual(held.statistics, undefined);
      assert.equal(openDescriptors(), before + 1);
    }
    assert.deepEqual([openDescriptors(), descriptors()], [before, all]);
  });

  test("without the rights to trace opens nothing, and names them", () => {
    const all = descriptors();
    assert.throws(() => acquire(libcSyscalls, WANTED, rightsOf("CAP_BPF")), {
      name: "PermissionError",
      missing: ["CAP_PERFMON"],
    });
    assert.equal(descriptors(), all);
  });

  test("that may not measure run times closes what it opened, and names the right", () => {
    const all = descriptors();
    const sys = { ...libcSyscalls, bpf: () => -ERRNO.EPERM };
    assert.throws(
      () => acquire(sys, { ...WANTED, cost: true }),
      (failure) =>
        failure instanceof PermissionError &&
        failure.missing.join() === "CAP_SYS_ADMIN" &&
        /--stats/.test(failure.hint ?? ""),
    );
    assert.throws(() => acquire({ ...sys, bpf: () => -ERRNO.EMFILE }, { ...WANTED, cost: true }), {
      errnoName: "EMFILE",
    });
    assert.equal(descriptors(), all);
  });
});

describe("NamespaceEntry", () => {
  test("visits, holds and finds namespaces as long as the run lasts", () => {
    using netns = newNetns();
    const { ino } = fstatSync(netns.fd);
    const path = `/proc/self/fd/${netns.fd}`;
    const held = acquire(libcSyscalls, { ...WANTED, namespaces: true });
    const { namespaces } = held;
    assert.ok(namespaces !== undefined);
    assert.equal(namespaces.visit(ino, path, inodeHere), ino);
    assert.equal(namespaces.visit(1, path, inodeHere), undefined, "the path leads elsewhere");
    {
      using kept = namespaces.hold(ino);
      assert.equal(kept.inside(inodeHere), ino);
    }
    assert.throws(() => namespaces.hold(1), UsageError);
    const finder = namespaces.finder([inodeHere()]);
    finish(finder.findAllSteps());
    assert.deepEqual([...finder.paths.keys()], [inodeHere()]);
    const shared = namespaces.sharedFinder([ino]);
    assert.equal(namespaces.sharedFinder([ino]), shared);
    assert.notEqual(namespaces.sharedFinder(), shared, "who wants others finds others");
    held[Symbol.dispose]();
    for (const late of [
      () => namespaces.visit(ino, path, inodeHere),
      () => namespaces.hold(ino),
      () => namespaces.finder(),
    ])
      assert.throws(late, /run .* is over/);
  });
});

function inodeHere(): number {
  return Number(/\d+/.exec(readlinkSync("/proc/thread-self/ns/net"))?.[0]);
}
