/** The narrow way to a holder on the running kernel: by the processes of the socket's cgroup. */
import assert from "node:assert/strict";
import { fstatSync, statSync } from "node:fs";
import { test } from "node:test";
import { openKernelBtf } from "../../src/btf/index.ts";
import { SocketFileWalker } from "../../src/capture/iterators/socket-file-walker.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { Finder, type Found } from "../../src/stages/owner/finder.ts";
import { HostNames } from "../../src/stages/owner/host-names.ts";
import { LiveSockets } from "../../src/stages/owner/live-sockets.ts";
import { SocketBook } from "../../src/stages/owner/socket-book.ts";
import { WalkBudget } from "../../src/stages/owner/walk-budget.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { Holding } from "./owned.ts";
import { Cgroup } from "./scenarios/cgroup.ts";

const nowMs = (): number => performance.now();

test("Finder finds the holder among the processes of the cgroup, without a walk", {
  timeout: patient(30_000),
}, async (t) => {
  using hosts = new Hosts(libcSyscalls);
  const cgroup = new Cgroup("");
  const cgroupId = statSync(cgroup.path, { bigint: true }).ino;
  const listener = hosts.listen(4, hosts.newPort());
  const other = cgroup.inside(() => new Holding(hosts.server, [listener]));
  try {
    const inode = fstatSync(listener.fd).ino;
    listener[Symbol.dispose]();
    using walker = SocketFileWalker.open(libcSyscalls, openKernelBtf());
    using names = new HostNames(libcSyscalls, true);
    const machine = new LiveSockets(walker, names, assert.ifError);
    machine.walk = () => assert.fail("nobody has to walk");
    walker.walkProcess(
      other.pid,
      () => false,
      () => undefined,
    );
    if (!walker.canLimit) return t.skip("before Linux 6.1 iterators over files cannot be limited");
    assert.deepEqual(machine.processesOf(cgroupId), [other.pid]);
    using finder = new Finder({
      machine,
      book: new SocketBook(),
      budget: new WalkBudget(1, nowMs),
      nowMs,
      patienceMs: 100,
      onWalked: () => undefined,
      onFailure: (failure) => assert.fail(String(failure)),
    });
    let found: Found | undefined;
    finder.find({
      inode,
      cgroupId,
      answer: (answer) => {
        found = answer;
      },
    });
    finder.look(Number.POSITIVE_INFINITY);
    assert.equal(found?.kind === "holder" ? found.holder.pid : undefined, other.pid);
    assert.equal(found?.kind === "holder" ? found.holder.cgroupId : undefined, cgroupId);
  } finally {
    await other.end();
    cgroup[Symbol.dispose]();
  }
});
