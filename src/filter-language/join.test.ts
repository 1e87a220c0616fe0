import assert from "node:assert/strict";
import { test } from "node:test";
import { bothOf } from "./join.ts";
import { parseFilter } from "./parse.ts";

test("bothOf demands both, and leaves the first text in its place", () => {
  const joined = bothOf("port 80 or port 443", "host 192.0.2.1 or host 192.0.2.2");
  assert.equal(joined, "(port 80 or port 443) and (host 192.0.2.1 or host 192.0.2.2)");
  assert.equal(parseFilter(joined).root.kind, "and");
});

test("bothOf does not let a comment take what follows", () => {
  const { root } = parseFilter(bothOf("port 80 # the old one", "host 192.0.2.1"));
  assert.ok(root.kind === "and" && root.of.length === 2);
});
