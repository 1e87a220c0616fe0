import assert from "node:assert/strict";
import { test } from "node:test";
import { FilterError, UsageError } from "../errors.ts";
import { parseFilter } from "../filter-language/index.ts";
import { findTarget } from "./target.ts";

const WORDS = "(src host 192.0.2.1 and src port 443) or (dst host 192.0.2.1 and dst port 443)";

test("findTarget completes the options that were given", async () => {
  const { what, where, options } = await findTarget("192.0.2.1:443", { netns: 4_026_531_840, count: 3 });
  assert.deepEqual([what, where], ["192.0.2.1:443", undefined]);
  assert.deepEqual(options, { netns: 4_026_531_840, count: 3, filter: WORDS, owners: "process" });
  const { options: without } = await findTarget("192.0.2.1:443", { owners: "none" });
  assert.equal(without.owners, "none");
});

test("findTarget demands both filters, each by itself", async () => {
  for (const filter of ["flags syn or class loss", parseFilter("flags syn or class loss")]) {
    const { options } = await findTarget("192.0.2.1:443", { filter });
    assert.equal(options.filter, `(flags syn or class loss) and (${WORDS})`);
  }
  await assert.rejects(findTarget("192.0.2.1:443", { filter: "port 80) or (port 81" }), FilterError);
});

test("findTarget refuses namespaces beside those that the target has", async () => {
  const own = `pid:${process.pid}`;
  await assert.rejects(findTarget(own, { netns: "pid:self" }), /netns names others/);
  await assert.rejects(findTarget(7 as unknown as string), UsageError);
});
