import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findCgroup } from "./cgroup-tree.ts";

const OWN_NAMESPACE = "/proc/self/ns/cgroup";
const skip =
  statSync(OWN_NAMESPACE).ino === 0xefff_fffb
    ? false
    : "this is a cgroup namespace of its own: nothing is found";

describe("findCgroup", { skip }, () => {
  let root: string;
  const mounted = (path: string): string => join(root, "sys/fs/cgroup/unified", path);
  const idOf = (path: string): bigint => statSync(mounted(path), { bigint: true }).ino;
  const sorted = (ids: readonly bigint[]): readonly bigint[] => ids.toSorted((a, b) => Number(a - b));

  before(() => {
    root = mkdtempSync(join(tmpdir(), "cgroup-tree-"));
    mkdirSync(join(root, "proc/self/ns"), { recursive: true });
    symlinkSync(OWN_NAMESPACE, join(root, "proc/self/ns/cgroup"));
    writeFileSync(
      join(root, "proc/self/mountinfo"),
      [
        "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
        "40 31 0:38 /part /elsewhere rw - cgroup2 cgroup2 rw",
        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
      ].join("\n"),
    );
    for (const path of ["system.slice/a.service/inner", "system.slice/a.service2", "user.slice"])
      mkdirSync(mounted(path), { recursive: true });
    writeFileSync(mounted("cgroup.procs"), "");
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  test("gives the folder's inode, how deep it is, and what is inside and outside", () => {
    const { id, level, inside, outside } = findCgroup("/system.slice/a.service", root);
    assert.equal(id, idOf("system.slice/a.service"));
    assert.equal(level, 2);
    assert.deepEqual(inside, [idOf("system.slice/a.service/inner")]);
    assert.deepEqual(
      sorted(outside),
      sorted(["", "system.slice", "system.slice/a.service2", "user.slice"].map(idOf)),
    );
  });

  test("the root is at level 0, and all others are inside", () => {
    const { id, level, inside, outside } = findCgroup("/", root);
    assert.deepEqual([id, level, outside], [idOf(""), 0, []]);
    assert.equal(inside.length, 5);
  });

  for (const path of ["/system.slice/b.service", "/cgroup.procs", "/user.slice/none"])
    test(`says that there is no ${path}`, () => {
      assert.throws(() => findCgroup(path, root), {
        name: "UsageError",
        message: new RegExp(`There is no cgroup ${path} below`),
      });
    });
});
