import assert from "node:assert/strict";
import { chmodSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fixtureRoot } from "../fixture-root.test.kit.ts";
import { Users } from "./users.ts";

const OWN_UID = process.getuid?.() ?? 0;
const users = (root: { path: string }): Users => new Users(root.path, OWN_UID);

test("Users.nameOf takes the first line of a uid, and passes over what is no line", () => {
  const lines = [
    "root:x:0:0::/:/bin/sh",
    "www:x:33:33:",
    "other:x:33:33:",
    ":x:5:5:",
    "a:b",
    "#x:0",
    "x:y:-1:0:",
  ];
  using root = fixtureRoot({ "etc/passwd": `${lines.join("\n")}\n${"n".repeat(65)}:x:6:6:\n` });
  const names = users(root);
  assert.deepEqual(
    [0, 33, 5, 6, -1, 4_294_967_295].map((uid) => names.nameOf(uid)),
    ["root", "www", undefined, undefined, undefined, undefined],
  );
});

test("Users.nameOf reads the file again when it has changed, and only then", () => {
  using root = fixtureRoot({ "etc/passwd": "a:x:7:7:\n" });
  const path = join(root.path, "etc/passwd");
  const names = users(root);
  assert.equal(names.nameOf(7), "a");
  utimesSync(path, 1000, 1000);
  assert.equal(names.nameOf(7), "a");
  // The same size and time: nothing says that it has changed.
  writeFileSync(path, "b:x:7:7:\n");
  utimesSync(path, 1000, 1000);
  assert.equal(names.nameOf(7), "a");
  utimesSync(path, 2000, 2000);
  assert.equal(names.nameOf(7), "b");
  rmSync(path);
  assert.equal(names.nameOf(7), undefined);
});

test("Users.nameOf believes no file that others can write, and no link", () => {
  using root = fixtureRoot({ "etc/passwd": "a:x:7:7:\n" });
  const path = join(root.path, "etc/passwd");
  assert.equal(new Users(root.path, OWN_UID + 1).nameOf(7), undefined);
  chmodSync(path, 0o666);
  assert.equal(users(root).nameOf(7), undefined);
  rmSync(path);
  writeFileSync(join(root.path, "elsewhere"), "a:x:7:7:\n");
  symlinkSync(join(root.path, "elsewhere"), path);
  assert.equal(users(root).nameOf(7), undefined);
});

test("Users.nameOf knows this machine's root", () => {
  const [name] = /^[^:]+(?=:[^:]*:0:)/m.exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  assert.equal(new Users().nameOf(0), name);
});
