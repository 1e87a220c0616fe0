/**
 * What /proc says of one process. Everything is read below one descriptor of its folder: where the number
 * passes to another process meanwhile, nothing more is found there.
 */
import { closeSync, constants, openSync, readlinkSync } from "node:fs";
import { O_PATH } from "../../sys/macros.ts";
import { belowRoot } from "../below-root.ts";
import { namespaceFromName } from "../namespace-file.ts";
import { chooseCgroupPath } from "./cgroup-path.ts";
import { readProcStart } from "./hostile-file.ts";

/** Each is absent where the process has ended, or rights lack. */
export interface ProcessFacts {
  readonly pid: number;
  /** 0: none that we can see. */
  readonly ppid: number | undefined;
  readonly comm: string | undefined;
  /** Since boot, CLOCK_BOOTTIME, in USER_HZ: hundredths of a second. See `ticksOf`. */
  readonly startTicks: number | undefined;
  /** Ends in " (deleted)" where the file is gone. Needs CAP_SYS_PTRACE for other users' processes. */
  readonly exe: string | undefined;
  /** As `chooseCgroupPath` chooses it. */
  readonly cgroup: string | undefined;
  /** Inode number of its network namespace. Needs CAP_SYS_PTRACE for other users' processes. */
  readonly netns: number | undefined;
  /** Effective. */
  readonly uid: number | undefined;
}

/** More of a file is not read. A line of /proc/PID/cgroup has PATH_MAX at most, and cgroup v1 a dozen of them. */
const MAX_BYTES = 64 * 1024;
/** PID_MAX_LIMIT, include/linux/threads.h. */
const MAX_PID = 2 ** 22;

/** Undefined where there is no such process. Never throws. */
export function readProcessFacts(pid: number, root = "/"): ProcessFacts | undefined {
  return withProcess(pid, root, (folder) => {
    // Before the name: where that is the one that is expected, this is its program.
    const exe = linkText(`${folder}/exe`);
    const stat = parseStat(readProcStart(`${folder}/stat`, MAX_BYTES) ?? "");
    if (stat === undefined) return undefined;
    const cgroup = readProcStart(`${folder}/cgroup`, MAX_BYTES);
    return {
      pid,
      ...stat,
      exe,
      cgroup: cgroup === undefined ? undefined : chooseCgroupPath(cgroup),
      netns: netnsOf(`${folder}/ns/net`),
      uid: effectiveUid(readProcStart(`${folder}/status`, MAX_BYTES) ?? ""),
    };
  });
}

/** Calls `use` with a path that leads to the folder of this process and no other. Undefined where there is none. */
export function withProcess<T>(pid: number, root: string, use: (folder: string) => T): T | undefined {
  if (!Number.isInteger(pid) || pid < 1 || pid > MAX_PID) return undefined;
  let fd: number;
  try {
    fd = openSync(belowRoot(root, `proc/${pid}`), O_PATH | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
  try {
    // Not below the root: it is this process's own descriptor.
    return use(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

/** The kernel's `task->start_boottime`, as /proc/PID/stat rounds it: `nsec_to_clock_t` in kernel/time/time.c. */
export function ticksOf(startNs: bigint): number {
  return Number(startNs / 10_000_000n);
}

/** Fields 2, 4 and 22 of /proc/PID/stat, proc_pid_stat(5). The name may hold anything, ")" too. */
function parseStat(text: string): { comm: string; ppid: number; startTicks: number } | undefined {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(" ");
  const ppid = Number(fields[1]);
  const startTicks = Number(fields[19]);
  if (!Number.isSafeInteger(ppid) || !Number.isSafeInteger(startTicks)) return undefined;
  return { comm: text.slice(open + 1, close), ppid, startTicks };
}

function effectiveUid(status: string): number | undefined {
  const [, digits] = /^Uid:\t\d+\t(\d{1,10})\t/m.exec(status) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function netnsOf(path: string): number | undefined {
  const file = namespaceFromName(linkText(path) ?? "");
  return file.kind === "netns" ? file.inode : undefined;
}

function linkText(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Inode numbers of the first namespaces: PROC_PID_INIT_INO and PROC_CGROUP_INIT_INO, include/linux/proc_ns.h.
 */
const INIT_PID_NAMESPACE = "pid:[4026531836]";
const INIT_CGROUP_NAMESPACE = "cgroup:[4026531835]";

/** Numbers of processes are those that the kernel's programs see. Undefined where /proc does not say. */
export function seesHostPids(root = "/"): boolean | undefined {
  const name = linkText(belowRoot(root, "proc/self/ns/pid"));
  return name === undefined ? undefined : name === INIT_PID_NAMESPACE;
}

/** Paths of cgroups begin at the first one. Undefined where /proc does not say. */
export function seesHostCgroups(root = "/"): boolean | undefined {
  const name = linkText(belowRoot(root, "proc/self/ns/cgroup"));
  return name === undefined ? undefined : name === INIT_CGROUP_NAMESPACE;
}
