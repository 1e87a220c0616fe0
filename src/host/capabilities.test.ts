import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { CAPABILITIES, parseEffectiveCapabilities, readRights } from "./capabilities.ts";
import { fixtureRoot } from "./fixture-root.test.kit.ts";

const HEADER = "/usr/include/linux/capability.h";

test("CAPABILITIES has the kernel's numbers", {
  skip: existsSync(HEADER) ? false : `${HEADER} is not there: install linux-libc-dev`,
}, () => {
  const defined = [...readFileSync(HEADER, "utf8").matchAll(/^#define (CAP_[A-Z_]+)\s+(\d+)$/gm)].map(
    ([, name, number]) => [Number(number), name],
  );
  assert.ok(defined.length > 30);
  for (const [number, name] of defined) assert.equal(CAPABILITIES[Number(number)], name);
  assert.equal(CAPABILITIES.length, defined.length);
});

test("parseEffectiveCapabilities reads CapEff alone", () => {
  const status = "CapPrm:\tffffffffffffffff\nCapEff:\t000000c000001000\nCapBnd:\tffffffffffffffff\n";
  assert.deepEqual(parseEffectiveCapabilities(status), new Set(["CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF"]));
  assert.deepEqual(
    parseEffectiveCapabilities("CapEff:\t8000000000000000"),
    new Set(),
    "a capability without a name here",
  );
  for (const none of ["", "CapEff:\tx", "XCapEff:\t0"])
    assert.equal(parseEffectiveCapabilities(none), undefined);
});

test("readRights reads what there is below the root", () => {
  using root = fixtureRoot({
    "proc/self/status": "CapEff:\t0000000400000000\nSeccomp:\t2\nSeccomp_filters:\t1\n",
    "proc/self/uid_map": "         0       1000          1\n",
    "sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
    "proc/sys/kernel/unprivileged_bpf_disabled": "2\n",
    "proc/sys/kernel/kptr_restrict": "1\n",
    "proc/sys/kernel/perf_event_paranoid": "-1\n",
  });
  assert.deepEqual(readRights(root.path), {
    capabilities: new Set(["CAP_SYSLOG"]),
    initialUserNamespace: false,
    seccomp: "filter",
    lockdown: "integrity",
    unprivilegedBpfDisabled: 2,
    kptrRestrict: 1,
    perfEventParanoid: -1,
  });
});

test("readRights leaves out what the machine does not say", () => {
  using root = fixtureRoot({
    "proc/sys/kernel/kptr_restrict": "no number\n",
    "proc/self/status": "Seccomp:\t9\n",
  });
  const absent = {
    capabilities: undefined,
    initialUserNamespace: undefined,
    seccomp: undefined,
    lockdown: undefined,
    unprivilegedBpfDisabled: undefined,
    kptrRestrict: undefined,
    perfEventParanoid: undefined,
  };
  assert.deepEqual(readRights(root.path), absent);
});

test("readRights reads the running process", () => {
  const rights = readRights();
  assert.equal(rights.capabilities?.has("CAP_DAC_OVERRIDE"), process.getuid?.() === 0);
  assert.equal(typeof rights.initialUserNamespace, "boolean");
});
