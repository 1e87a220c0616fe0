/** The iterators over processes and their sockets, on the running kernel. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fstatSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { attachToProcess, KernelTypes, openIterator, Program } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { TCP_LISTEN } from "../../src/capture/core/tcp-states.ts";
import { ProcessWalker } from "../../src/capture/iterators/process-walker.ts";
import { type SocketAccess, socketFileProgram } from "../../src/capture/iterators/socket-file-program.ts";
import type { SocketFile } from "../../src/capture/iterators/socket-file-record.ts";
import { SocketFileWalker } from "../../src/capture/iterators/socket-file-walker.ts";
import { SyscallError, VerifierError } from "../../src/errors.ts";
import { ownNetns } from "../../src/host/netns.ts";
import { readProcessFacts, ticksOf } from "../../src/host/owner/process-facts.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { openDescriptors } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { cookieOf, netnsCookieOf } from "./identified.ts";
import { Holding } from "./owned.ts";
import { HAS_PERL } from "./passing.ts";

const LIMIT = { timeout: patient(30_000) };
const btf = openKernelBtf();

async function allSockets(walker: SocketFileWalker): Promise<readonly SocketFile[]> {
  const files: SocketFile[] = [];
  assert(
    await walker.walk(
      () => true,
      (file) => files.push(file),
    ),
  );
  return files;
}

/**
 * Before Linux 5.11 the iterator itself holds the table of descriptors (get_files_struct() in kernel/bpf/task_iter.c),
 * as if others shared it.
 */
const [major = 0, minor = 0] = release().split(".").map(Number);
const COUNTS_REFERENCES = major > 5 || (major === 5 && minor >= 11);

test("SocketFileWalker.walk tells of a socket who holds it, and where it listens", LIMIT, async () => {
  const before = openDescriptors();
  {
    using hosts = new Hosts(libcSyscalls);
    using walker = SocketFileWalker.open(libcSyscalls, btf);
    const port = hosts.newPort();
    const listener = hosts.listen(4, port);
    const found = (await allSockets(walker)).find(({ inode }) => inode === fstatSync(listener.fd).ino);
    assert(found !== undefined);
    const facts = readProcessFacts(process.pid);
    const { startNs, cookie, cgroupId, netnsCookie, execId, ...rest } = found;
    assert.deepEqual(rest, {
      fd: listener.fd,
      references: COUNTS_REFERENCES ? 1 : undefined,
      inode: fstatSync(listener.fd).ino,
      pid: process.pid,
      uid: 0,
      comm: readFileSync("/proc/self/comm", "utf8").trimEnd(),
      netns: hosts.server.inode,
      port,
      state: TCP_LISTEN,
    });
    assert.equal(ticksOf(startNs), facts?.startTicks);
    // Before Linux 5.12 the program makes none.
    if (cookie !== undefined) assert.equal(cookie, cookieOf(listener));
    assert(cgroupId >= 1n);
    assert(execId >= 1n);
    if (netnsCookie !== undefined) assert.equal(netnsCookie, netnsCookieOf(listener));
  }
  assert.equal(openDescriptors(), before);
});

test(
  "SocketFileWalker.walk tells each process that holds it, and no unix socket or file",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    using walker = SocketFileWalker.open(libcSyscalls, btf);
    const listener = hosts.listen(4, hosts.newPort());
    using other = new Holding(hosts.server, [listener]);
    const path = join(tmpdir(), `tcpdrop-${process.pid}.sock`);
    const unix = createServer().listen(path);
    try {
      const files = await allSockets(walker);
      const inode = fstatSync(listener.fd).ino;
      const pids = new Set(files.filter((file) => file.inode === inode).map(({ pid }) => pid));
      assert.deepEqual(pids, new Set([process.pid, other.pid]));
      const own = files.filter(({ pid }) => pid === process.pid).map((file) => file.inode);
      assert(!own.includes(inodeOfUnix(path)));
    } finally {
      unix.close();
    }
  },
);

test("SocketFileWalker.walk tells how many references there are, of all processes", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using walker = SocketFileWalker.open(libcSyscalls, btf);
  const listener = hosts.listen(4, hosts.newPort());
  const inode = fstatSync(listener.fd).ino;
  using other = new Holding(hosts.server, [listener, listener]);
  const files = (await allSockets(walker)).filter((file) => file.inode === inode);
  const seen = new Set(files.map(({ pid, fd, references }) => `${pid} ${fd} ${references}`));
  const many = COUNTS_REFERENCES ? 3 : undefined;
  assert.deepEqual(
    seen,
    new Set([`${process.pid} ${listener.fd} ${many}`, `${other.pid} 3 ${many}`, `${other.pid} 4 ${many}`]),
  );
});

test(
  "SocketFileWalker.walk does not tell references of descriptors that processes share",
  LIMIT,
  async (t) => {
    if (!HAS_PERL) return t.skip("it takes Perl on x86-64");
    using hosts = new Hosts(libcSyscalls);
    using walker = SocketFileWalker.open(libcSyscalls, btf);
    const listener = hosts.listen(4, hosts.newPort());
    const inode = fstatSync(listener.fd).ino;
    // clone(CLONE_FILES | SIGCHLD); each ends with the pipe.
    const script = "syscall(56, 0x400 | 17, 0, 0, 0, 0); print 1; read(STDIN, $_, 1)";
    const child = spawn("perl", ["-e", `$| = 1; ${script}`], {
      stdio: ["pipe", "pipe", "inherit", listener.fd],
    });
    try {
      let ready = "";
      for await (const some of child.stdout ?? []) {
        ready += String(some);
        if (ready.length === 2) break;
      }
      const files = (await allSockets(walker)).filter(
        (file) => file.inode === inode && file.pid !== process.pid,
      );
      assert.equal(new Set(files.map(({ pid }) => pid)).size, 2);
      assert.deepEqual(new Set(files.map(({ references }) => references)), new Set([undefined]));
    } finally {
      child.stdin?.end();
      await once(child, "exit");
    }
  },
);

/** Column 7 of /proc/net/unix. */
function inodeOfUnix(path: string): number {
  const line = readFileSync("/proc/net/unix", "utf8")
    .split("\n")
    .find((each) => each.endsWith(path));
  const inode = Number(line?.trim().split(/\s+/)[6]);
  assert(inode > 0);
  return inode;
}

test("SocketFileWalker.walkProcess looks at one process alone", LIMIT, (t) => {
  using hosts = new Hosts(libcSyscalls);
  using walker = SocketFileWalker.open(libcSyscalls, btf);
  const listener = hosts.listen(4, hosts.newPort());
  using other = new Holding(hosts.server, [listener]);
  const looked: number[] = [];
  const files: SocketFile[] = [];
  const isDone = walker.walkProcess(
    other.pid,
    (inode, pid) => {
      looked.push(pid);
      return inode === fstatSync(listener.fd).ino;
    },
    (file) => files.push(file),
  );
  assert.equal(isDone, walker.canLimit);
  if (!walker.canLimit) return t.skip("before Linux 6.1 iterators over files cannot be limited");
  assert.deepEqual(new Set(looked), new Set([other.pid]));
  assert.deepEqual(
    new Set(files.map(({ pid, comm }) => `${comm}[${pid}]`)),
    new Set([`sleep[${other.pid}]`]),
  );
});

test("SocketFileWalker.walkProcess finds nothing where there is no such process", LIMIT, (t) => {
  using walker = SocketFileWalker.open(libcSyscalls, btf);
  // Numbers end at 2^22.
  const isDone = walker.walkProcess(
    (1 << 22) + 1,
    () => true,
    () => assert.fail("nobody is there"),
  );
  if (!isDone) return t.skip("before Linux 6.1 iterators over files cannot be limited");
});

test("socketFileProgram tells the same with helpers and by fields", LIMIT, (t) => {
  using hosts = new Hosts(libcSyscalls);
  const listener = hosts.listen(6, hosts.newPort());
  // Fields have only what is there already.
  cookieOf(listener);
  const ofAll = (["helpers", "fields"] as const).map((access) => recordsOf(access, process.pid));
  const [helpers, fields] = ofAll;
  if (helpers === undefined || fields === undefined)
    return t.skip("this kernel has no such helpers, or no limit");
  assert.deepEqual(fields, helpers);
  assert(helpers.length > 0);
});

/** The bytes of all records of a process; undefined where this kernel does not take the program. */
function recordsOf(access: SocketAccess, pid: number): Buffer | undefined {
  try {
    using program = Program.load(
      libcSyscalls,
      socketFileProgram(new KernelTypes(btf), access),
      btf,
      new Map(),
    );
    using link = attachToProcess(libcSyscalls, program, pid);
    using iterator = openIterator(libcSyscalls, link);
    return readFileSync(iterator.fd);
  } catch (failure) {
    const isOld =
      failure instanceof VerifierError || (failure instanceof SyscallError && failure.errnoName === "E2BIG");
    if (!isOld) throw failure;
    return undefined;
  }
}

test("ProcessWalker.walk tells each process once, with its namespace", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using walker = ProcessWalker.open(libcSyscalls, btf);
  using other = new Holding(hosts.server, []);
  const processes = await walker.walk();
  const pids = processes.map(({ pid }) => pid);
  assert.equal(new Set(pids).size, pids.length);
  const inside = processes.find(({ pid }) => pid === other.pid);
  assert.deepEqual([inside?.comm, inside?.netns], ["sleep", hosts.server.inode]);
  const cookie = netnsCookieOf(hosts.listen(4, hosts.newPort()));
  if (cookie !== undefined) assert.equal(inside?.netnsCookie, cookie);
  const own = processes.find(({ pid }) => pid === process.pid);
  assert.equal(own?.netns, ownNetns());
  assert.equal(ticksOf(own?.startNs ?? 0n), readProcessFacts(process.pid)?.startTicks);
});

test("a look at a process with many sockets reads each once, and keeps what is wanted", LIMIT, (t) => {
  const SOCKETS = 500;
  using hosts = new Hosts(libcSyscalls, "loopback");
  using walker = SocketFileWalker.open(libcSyscalls, btf);
  const listeners = Array.from({ length: SOCKETS }, () => hosts.listen(4, hosts.newPort()));
  const inodes = new Set(listeners.map(({ fd }) => fstatSync(fd).ino));
  const wanted = fstatSync(listeners[7]?.fd ?? 0).ino;
  const looked = new Map<number, number>();
  let kept = 0;
  const isDone = walker.walkProcess(
    process.pid,
    (inode) => {
      looked.set(inode, (looked.get(inode) ?? 0) + 1);
      return inode === wanted;
    },
    () => {
      kept += 1;
    },
  );
  if (!isDone) return t.skip("before Linux 6.1 iterators over files cannot be limited");
  assert([...inodes].every((inode) => looked.has(inode)));
  // Linux 6.1 tells each once for each thread.
  assert.equal(kept, looked.get(wanted));
});
