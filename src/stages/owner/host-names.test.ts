import assert from "node:assert/strict";
import { readlinkSync } from "node:fs";
import { test } from "node:test";
import { readProcessFacts } from "../../host/owner/process-facts.ts";
import { libcSyscalls } from "../../sys/libc.ts";
import { HostNames } from "./host-names.ts";

const FACTS = readProcessFacts(process.pid);
const SEEN = {
  pid: process.pid,
  startNs: BigInt(FACTS?.startTicks ?? 0) * 10_000_000n,
  comm: FACTS?.comm ?? "",
  execId: 7n,
  isNow: true,
} as const;

test("HostNames tells the program of a process only with the name and the execve(2) that it was seen with", () => {
  using names = new HostNames(libcSyscalls, true);
  const exeOf = (more: Partial<typeof SEEN> | object): string | undefined => {
    const known = names.process({ ...SEEN, ...more });
    assert.equal(known?.cgroup, FACTS?.cgroup);
    return known?.exe;
  };
  assert.equal(exeOf({ isNow: false }), undefined, "it may have called execve(2) since");
  assert.equal(exeOf({ comm: "before" }), undefined, "it has called execve(2), or changed its name");
  assert.equal(exeOf({ execId: undefined }), undefined);
  assert.equal(exeOf({}), readlinkSync("/proc/self/exe"));
  assert.equal(exeOf({ isNow: false }), readlinkSync("/proc/self/exe"), "it was read when it was seen");
  assert.equal(exeOf({ isNow: false, execId: 8n }), undefined);
});

test("HostNames tells nothing of a process that has taken the number since", () => {
  using names = new HostNames(libcSyscalls, true);
  assert.equal(names.process({ ...SEEN, startNs: SEEN.startNs - 10_000_000n }), undefined);
});
