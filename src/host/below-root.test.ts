import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DecodeError } from "../errors.ts";
import { belowRoot, readNumber, readSmall, readWhole } from "./below-root.ts";
import { fixtureRoot } from "./fixture-root.test.kit.ts";

test("belowRoot joins with one slash", () => {
  assert.equal(belowRoot("/", "proc/stat"), "/proc/stat");
  assert.equal(belowRoot("/fixture", "proc/stat"), "/fixture/proc/stat");
  assert.equal(belowRoot("/fixture/", "proc/stat"), "/fixture/proc/stat");
});

test("readWhole reads all of a file, whatever was guessed, and not more than is allowed", () => {
  const content = "0123456789".repeat(100);
  using root = fixtureRoot({ file: content });
  const path = join(root.path, "file");
  for (const guess of [1, 7, 999, 1000, 1001, 4096])
    assert.equal(readWhole(path, guess, 1000).toString(), content, `guess ${guess}`);
  assert.throws(() => readWhole(path, 64, 999), DecodeError);
  assert.throws(() => readWhole("/dev/zero", 64, 4096), DecodeError);
  assert.equal(readWhole("/proc/version", 3, 4096).toString(), readFileSync("/proc/version", "utf8"));
});

test("readSmall and readNumber give undefined for what cannot be read, and do not wait for a FIFO", () => {
  using root = fixtureRoot({ number: " 12\n", text: "12 apples\n" });
  execFileSync("mkfifo", [join(root.path, "fifo")]);
  assert.equal(readNumber(root.path, "number"), 12);
  assert.equal(readNumber(root.path, "text"), undefined);
  assert.equal(readSmall(root.path, "text"), "12 apples");
  assert.equal(readSmall(root.path, "absent"), undefined);
  assert.equal(readNumber(root.path, "fifo"), undefined);
});
