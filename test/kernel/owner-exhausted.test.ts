/** A look at a process that fails ends neither the trace nor the lookup. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openKernelBtf } from "../../src/btf/index.ts";
import { SocketFileWalker } from "../../src/capture/iterators/socket-file-walker.ts";
import { SyscallError } from "../../src/errors.ts";
import { LiveSockets } from "../../src/stages/owner/live-sockets.ts";
import { ERRNO } from "../../src/sys/errno.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import type { Syscalls } from "../../src/sys/syscalls.ts";
import { BPF_ITER_CREATE, BPF_LINK_CREATE } from "../../src/sys/uapi.gen.ts";

const NAMES = { cgroupPath: () => undefined, processesIn: () => undefined };

for (const command of [BPF_LINK_CREATE, BPF_ITER_CREATE])
  test(`a look at a process without the right to command ${command} of bpf(2) is none, and is told`, async () => {
    let mayUse = true;
    const sys: Syscalls = {
      ...libcSyscalls,
      bpf: (asked, attr) => (asked === command && !mayUse ? -ERRNO.EPERM : libcSyscalls.bpf(asked, attr)),
    };
    using walker = SocketFileWalker.open(sys, openKernelBtf());
    const problems: unknown[] = [];
    const sockets = new LiveSockets(walker, NAMES, (problem) => problems.push(problem));
    mayUse = false;
    const isDone = sockets.walkProcess(
      process.pid,
      () => true,
      () => undefined,
    );
    assert.equal(isDone, false);
    assert(problems.every((problem) => problem instanceof SyscallError && problem.errnoName === "EPERM"));
    // Before Linux 6.1 it was not tried: a limit is refused first.
    assert.equal(problems.length, walker.canLimit ? 1 : 0);
  });
