/** Owners where rights lack: the trace goes on, and says what is missing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openKernelBtf } from "../../src/btf/index.ts";
import { acquire } from "../../src/host/authority.ts";
import { openOwnerLookup } from "../../src/stages/owner/open-owner-lookup.ts";
import { ERRNO } from "../../src/sys/errno.ts";
import { openDescriptors } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import type { Syscalls } from "../../src/sys/syscalls.ts";
import { BPF_PROG_LOAD } from "../../src/sys/uapi.gen.ts";

const OPTIONS = { mode: "process", budgetPercent: 2, waitMs: 100, remembers: true } as const;

test("without CAP_BPF no process is told, and one sentence says so", async () => {
  const before = openDescriptors();
  {
    using held = acquire(libcSyscalls, { cost: false, namespaces: true });
    const sys: Syscalls = {
      ...libcSyscalls,
      bpf: (command, attr) => (command === BPF_PROG_LOAD ? -ERRNO.EPERM : libcSyscalls.bpf(command, attr)),
    };
    await using lookup = openOwnerLookup(sys, { held, btf: openKernelBtf() }, OPTIONS);
    assert.deepEqual(lookup.problems(), [
      "owners are told without processes: CAP_BPF and CAP_PERFMON are needed to look at them",
    ]);
  }
  assert.equal(openDescriptors(), before);
});

test("everything that was opened for owners is closed again", async () => {
  const before = openDescriptors();
  {
    using held = acquire(libcSyscalls, { cost: false, namespaces: true });
    await using lookup = openOwnerLookup(libcSyscalls, { held, btf: openKernelBtf() }, OPTIONS);
    // Before Linux 5.12 nothing can be remembered.
    assert.deepEqual(
      lookup.problems().filter((problem) => !problem.includes("remembered")),
      [],
    );
    assert(openDescriptors() > before);
  }
  assert.equal(openDescriptors(), before);
});
