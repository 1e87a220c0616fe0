import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../errors.ts";
import { parseFilter } from "./parse.ts";
import { type Lookups, resolveFilter } from "./resolve.ts";
import type { FilterNode } from "./tree.ts";

const LOOKUPS: Lookups = {
  reasons: () =>
    new Map([
      [3, "NO_SOCKET"],
      [5, "TCP_CSUM"],
      [6, "TCP_FLAGS"],
    ]),
  inferredReasons: ["TCP_RESET"],
  netns: (which) => {
    if (which === "blue") return 77;
    throw new UsageError(`No network namespace ${which}`);
  },
  cgroup: (path) => {
    if (path === "/blue") return { id: 77n, level: 1, inside: [78n], outside: [1n] };
    throw new UsageError(`No cgroup ${path}`, { hint: "Look there" });
  },
};

function codesOf(text: string, lookups = LOOKUPS): readonly number[] | undefined {
  const codes = (node: FilterNode): readonly number[] | undefined => {
    if (node.kind === "not") return codes(node.of);
    return node.kind === "and" || node.kind === "or"
      ? node.of.flatMap((part) => codes(part) ?? [])
      : node.kind === "reason"
        ? node.codes
        : undefined;
  };
  return codes(resolveFilter(parseFilter(text), lookups).root);
}

test("resolveFilter finds the numbers of reasons", () => {
  assert.deepEqual(codesOf("reason NO_SOCKET"), [3]);
  assert.deepEqual(codesOf("reason TCP_*"), [5, 6]);
  assert.deepEqual(codesOf("not (ip and reason ?O_SOCKET or 99)"), [3, 99]);
});

test("resolveFilter complains about a reason that the kernel has not, and suggests what it has", () => {
  const fault = {
    name: "FilterError",
    message:
      "There is no reason NO_SOCKETS: this kernel has no such reason\n  ip and reason NO_SOCKETS\n         ^~~~~~~~~~~~~~~~~",
    hint: /^Did you mean reason NO_SOCKET/,
  };
  assert.throws(() => codesOf("ip and reason NO_SOCKETS"), fault);
  assert.throws(() => codesOf("reason NO*X"), { name: "FilterError" });
});

test("resolveFilter leaves reasons to their names where the kernel gives none", () => {
  const without = { ...LOOKUPS, reasons: undefined };
  assert.equal(codesOf("reason TCP_RESET", without), undefined);
  assert.deepEqual(codesOf("reason 5", without), [5]);
  assert.throws(() => codesOf("reason NO_SOCKET", without), {
    name: "FilterError",
    message: /gives no reasons/,
  });
});

test("resolveFilter finds namespaces, and says where the name of one stands that is not there", () => {
  const { root } = resolveFilter(parseFilter("netns blue"), LOOKUPS);
  assert.equal(root.kind === "netns" ? root.inode : undefined, 77);
  assert.throws(() => resolveFilter(parseFilter("ip or netns red"), LOOKUPS), {
    name: "FilterError",
    message: "No network namespace red\n  ip or netns red\n        ^~~~~~~~~",
  });
});
