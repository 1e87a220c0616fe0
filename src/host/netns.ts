/** The argument of --netns: an inode number, a name under /run/netns, or pid:PID. */
import { readdirSync, readlinkSync, statSync } from "node:fs";
import { UsageError } from "../errors.ts";

const MAX_INODE = 0xffff_ffff;

/** The inode number of a network namespace. Digits alone are always an inode number, even if a name of digits exists. */
export function parseNetns(text: string, root = "/"): number {
  const base = root.replace(/\/$/, "");
  const inode = /^(?:net:\[(\d{1,20})\]|(\d{1,20}))$/.exec(text);
  if (inode !== null) return checkInode(Number(inode[1] ?? inode[2]), text);
  const pid = /^pid:(.*)$/s.exec(text);
  if (pid !== null) return netnsOfPid(pid[1] ?? "", base);
  if (!/^[^/\0\n]{1,255}$/.test(text) || text === "." || text === "..")
    throw new UsageError(`--netns ${JSON.stringify(text)} is no namespace`, { hint: "Give an inode number, a name under /run/netns, or pid:PID." });
  const directory = `${base}/run/netns`;
  try {
    return statSync(`${directory}/${text}`).ino;
  } catch (cause) {
    throw new UsageError(`Cannot find the network namespace ${JSON.stringify(text)} in ${directory}: ${code(cause)}`, { cause, hint: known(directory) });
  }
}

function checkInode(inode: number, text: string): number {
  if (!Number.isInteger(inode) || inode < 1 || inode > MAX_INODE)
    throw new UsageError(`--netns ${text} is no inode number of a namespace: it must be from 1 to ${MAX_INODE}`);
  return inode;
}

function netnsOfPid(pid: string, base: string): number {
  if (!/^[1-9]\d{0,9}$/.test(pid)) throw new UsageError(`--netns pid:${pid} names no process: a PID is a number of at least 1`);
  try {
    const link = readlinkSync(`${base}/proc/${pid}/ns/net`);
    return checkInode(Number(/^net:\[(\d+)\]$/.exec(link)?.[1]), link);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`Cannot read the network namespace of process ${pid}: ${code(cause)}`, {
      cause,
      hint: "Is the process still there, and may you look at it?",
    });
  }
}

function known(directory: string): string {
  try {
    const names = readdirSync(directory);
    return names.length === 0 ? "There are no named namespaces; give an inode number or pid:PID." : `There are: ${names.slice(0, 10).join(", ")}`;
  } catch {
    return "There are no named namespaces; give an inode number or pid:PID.";
  }
}

function code(failure: unknown): string {
  return (failure as NodeJS.ErrnoException).code ?? (failure as Error).message;
}
