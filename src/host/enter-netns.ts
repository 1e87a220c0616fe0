/**
 * A network namespace held open by its inode number, and this thread inside it for one synchronous call.
 *
 * An inode number opens nothing by itself: some file must stand for the namespace. Holding one keeps the
 * namespace, and so its counters, until it is let go, even where its last process ends.
 */
import { fstatSync } from "node:fs";
import { StrandedError, UsageError } from "../errors.ts";
import { check, syscallError } from "../sys/errno.ts";
import { OwnedFd } from "../sys/fd.ts";
import { CLONE_NEWNET, O_RDONLY } from "../sys/macros.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { belowRoot, namesIn } from "./below-root.ts";
import { isSameFile, openNetnsFile, readNamespaceFile } from "./namespace-file.ts";
import { listNetnsNames, NETNS_FOLDERS } from "./netns-names.ts";
import type { Steps } from "./steps.ts";

/** A namespace belongs to a thread: /proc/self would be that of the process's first thread. */
const OWN = "proc/thread-self/ns/net";
const PID = /^\d{1,10}$/;

export class HeldNetns implements Disposable {
  readonly inode: number;
  readonly #sys: Syscalls;
  readonly #owned: OwnedFd;

  private constructor(sys: Syscalls, owned: OwnedFd) {
    this.#sys = sys;
    this.#owned = owned;
    this.inode = fstatSync(owned.fd).ino;
  }

  /**
   * Looks for a file that stands for the namespace: this thread's own, names under /run/netns, processes in
   * it, and last descriptors that processes hold.
   *
   * @throws UsageError where there is none, SyscallError where it cannot be opened
   */
  static open(sys: Syscalls, inode: number, root = "/"): HeldNetns {
    for (const path of candidates(root)) {
      const opened = openNetnsFile(sys, path, inode);
      if (opened !== undefined) return new HeldNetns(sys, opened);
    }
    throw new UsageError(
      `Cannot find the network namespace ${inode}: no name, process or descriptor that this user may see leads to it`,
      {
        hint: "lsns -t net and ip netns list what there is. Others' processes are seen by root, or with CAP_SYS_PTRACE.",
      },
    );
  }

  /**
   * Runs a synchronous function with this thread in the namespace; entering another one than its own takes
   * CAP_SYS_ADMIN.
   */
  inside<T>(run: () => T): T {
    return insideNetns(this.#sys, this.#owned, run);
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

/**
 * Runs a synchronous function with this thread in the namespace that `netns` is open on. Where it is there
 * already, nothing is entered.
 *
 * @throws SyscallError of setns(2) where it may not enter, StrandedError where it cannot return
 */
export function insideNetns<T>(sys: Syscalls, netns: OwnedFd, run: () => T): T {
  using home = openOwnNetns(sys);
  if (isSameFile(home.fd, netns.fd)) return run();
  const hint = "It needs CAP_SYS_ADMIN: run as root.";
  check(sys.setns(netns.fd, CLONE_NEWNET), "setns", "Cannot enter a network namespace", { hint });
  try {
    return run();
  } finally {
    returnTo(sys, home, netns);
  }
}

function returnTo(sys: Syscalls, home: OwnedFd, from: OwnedFd): void {
  const result = sys.setns(home.fd, CLONE_NEWNET);
  if (result >= 0) return;
  const cause = syscallError(-result, "setns", "Cannot return to the network namespace that we came from");
  throw new StrandedError(fstatSync(from.fd).ino, { cause });
}

/** The namespace that this thread is in now. */
export function openOwnNetns(sys: Syscalls): OwnedFd {
  return new OwnedFd(
    sys,
    check(sys.open(belowRoot("/", OWN), O_RDONLY), "open", `Cannot open /${OWN}`),
    "network namespace",
  );
}

/**
 * A path that stands for the namespace; undefined where none is found: a step for each file that is looked
 * at. What is cheap to read comes first; what cannot be read is passed over.
 */
export function* findNetnsFileSteps(inode: number, root: string): Steps<string | undefined> {
  for (const path of candidates(root)) {
    const file = readNamespaceFile(path);
    if (file.kind === "netns" && file.inode === inode) return path;
    yield;
  }
  return undefined;
}

function* candidates(root: string): Iterable<string> {
  yield belowRoot(root, OWN);
  for (const name of listNetnsNames(root))
    for (const folder of NETNS_FOLDERS) yield belowRoot(root, `${folder}/${name}`);
  const processes = namesIn(belowRoot(root, "proc")).filter((name) => PID.test(name));
  for (const pid of processes) yield belowRoot(root, `proc/${pid}/ns/net`);
  for (const pid of processes) {
    const descriptors = belowRoot(root, `proc/${pid}/fd`);
    for (const fd of namesIn(descriptors)) yield `${descriptors}/${fd}`;
  }
}
