import assert from "node:assert/strict";
import { mkdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { UsageError } from "../errors.ts";
import { type FixtureRoot, fixtureRoot } from "./fixture-root.test.kit.ts";
import { FUZZ_RUNS } from "./fuzz-runs.test.kit.ts";
import { ownNetns, parseNetnsArgument } from "./netns.ts";

const own = statSync("/proc/self/ns/net").ino;

/** Names and processes that lead to real namespaces: to the test's own. */
function machine(): FixtureRoot {
  const root = fixtureRoot({ "run/netns/left-over": "", "var/run/netns/.keep": "" });
  const link = (target: string, path: string): void => {
    mkdirSync(join(root.path, path, ".."), { recursive: true });
    symlinkSync(target, join(root.path, path));
  };
  link("/proc/self/ns/net", "run/netns/blue");
  link("/proc/self/ns/net", "run/netns/42");
  link("/proc/self/ns/net", "var/run/netns/old-habit");
  link("/proc/self/ns/uts", "run/netns/wrong-kind");
  link("/proc/self/ns/net", "proc/1234/ns/net");
  link("/proc/self/ns/net", "proc/self/ns/net");
  return root;
}

function failure(text: string, root: string): { message: string; hint: string } {
  try {
    parseNetnsArgument(text, root);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return { message: error.message, hint: error.hint ?? "" };
  }
  return assert.fail(`${text} was taken`);
}

test("parseNetnsArgument takes numbers, names, paths and processes", () => {
  using root = machine();
  const cases: readonly (readonly [string, number])[] = [
    ["1", 1],
    ["4294967295", 0xffff_ffff],
    ["net:[4026531992]", 4_026_531_992],
    ["inode:4026531992", 4_026_531_992],
    ["pid:self", own],
    ["blue", own],
    ["old-habit", own],
    ["pid:1234", own],
    ["/run/netns/blue", own],
    ["/proc/1234/ns/net", own],
  ];
  for (const [text, inode] of cases) assert.equal(parseNetnsArgument(text, root.path), inode, text);
});

test("parseNetnsArgument takes digits for a number, even where a namespace has that name", () => {
  using root = machine();
  assert.equal(parseNetnsArgument("42", root.path), 42);
});

test("parseNetnsArgument says what was tried and what to do", () => {
  using root = machine();
  const cases: readonly (readonly [string, RegExp, RegExp])[] = [
    [
      "bleu",
      /Cannot find the network namespace "bleu": there is no such name in .*run\/netns and .*var\/run\/netns/,
      /^There are "blue", .* and \d more\.$/,
    ],
    ["left-over", /the file of that name .* is not a namespace/, /ip netns delete/],
    ["wrong-kind", /is a uts namespace/, /./],
    ["pid:4321", /process 4321: there is no such process, or it has ended/, /ps or pgrep/],
    ["pid:0", /"pid:0" names no process/, /pid:PID/],
    ["pid:12a", /names no process/, /pid:PID/],
    ["pid:", /names no process/, /pid:PID/],
    ["0", /run from 1 to 4294967295/, /inode number/],
    ["4294967296", /run from 1 to 4294967295/, /inode number/],
    ["inode:x", /"inode:x" cannot be the inode number/, /inode number/],
    ["pid:selfish", /names no process/, /pid:PID/],
    ["net:[x]", /net:\[INODE\] wants a number/, /inode number/],
    ["net:[0]", /net:\[INODE\] wants a number/, /inode number/],
    ["../netns/blue", /"..\/netns\/blue": ENOENT/, /ip netns/],
    ["/run/netns/wrong-kind", /it is a uts namespace/, /ip netns/],
    ["/run/netns/left-over", /it is not a namespace/, /ip netns/],
    ["/run/netns/blue\0", /NUL byte/, /ip netns/],
    ["..", /not a network namespace's name/, /ip netns/],
    ["blue\0", /not a network namespace's name/, /ip netns/],
    ["x".repeat(300), /at most 255 bytes/, /ip netns/],
    ["", /is empty/, /ip netns/],
  ];
  for (const [text, message, hint] of cases) {
    const failed = failure(text, root.path);
    assert.match(failed.message, message, text);
    assert.match(failed.hint, hint, text);
  }
});

test("parseNetnsArgument says so where nothing has a name", () => {
  using root = fixtureRoot();
  assert.match(failure("blue", root.path).hint, /^No namespace has a name here/);
});

test("ownNetns is the inode number that stat shows", () => {
  using root = machine();
  using none = fixtureRoot();
  assert.equal(ownNetns(), own);
  assert.equal(ownNetns(root.path), own);
  assert.equal(ownNetns(none.path), undefined);
});

test("parseNetnsArgument gives an inode number or a UsageError for any text", () => {
  using root = machine();
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.constantFrom(
      "pid:",
      "net:[",
      "]",
      "4026531840",
      "1234",
      "blue",
      "/",
      "..",
      "\0",
      "-1",
      "0x",
      " ",
      "\u{10ffff}",
      "old-habit",
    ),
  );
  const property = fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
    const text = pieces.join("");
    try {
      const inode = parseNetnsArgument(text, root.path);
      assert.ok(Number.isInteger(inode) && inode >= 1 && inode <= 0xffff_ffff);
    } catch (error) {
      assert.ok(error instanceof UsageError, String(error));
      assert.doesNotMatch(error.message, /\p{Cc}/u);
      assert.ok(error.message.length < 1000);
    }
  });
  fc.assert(property, { numRuns: FUZZ_RUNS });
});
