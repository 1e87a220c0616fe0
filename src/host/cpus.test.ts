import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { DecodeError } from "../errors.ts";
import { parseCpuList, possibleCpus } from "./cpus.ts";
import { fixtureRoot } from "./fixture-root.test.kit.ts";

test("parseCpuList counts CPUs and ranges", () => {
  for (const [text, count] of [
    ["0", 1],
    ["0-3,5\n", 5],
    ["0-3,8,10-11", 7],
    ["0-127", 128],
  ] as const)
    assert.equal(parseCpuList(text), count, text);
});

test("parseCpuList refuses what is no list", () => {
  for (const text of ["", "a", "3-1", "0-", "-1", "0,,1", "0x1", "1.5", "9999999"])
    assert.throws(() => parseCpuList(text), DecodeError, text);
});

test("possibleCpus reads below the root; this machine has at least the CPUs that are used", () => {
  using root = fixtureRoot({ "sys/devices/system/cpu/possible": "0-63\n" });
  assert.equal(possibleCpus(root.path), 64);
  assert.ok(possibleCpus() >= availableParallelism());
});
