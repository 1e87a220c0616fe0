/**
 * Files that stand for namespaces: /proc/PID/ns/net and what is bind-mounted from there. Looked at, never
 * entered.
 */
import { closeSync, fstatSync, openSync, readlinkSync, statfsSync } from "node:fs";
import { check, errnoName, syscallError } from "../sys/errno.ts";
import { OwnedFd } from "../sys/fd.ts";
import { O_PATH, O_RDONLY } from "../sys/macros.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { isExhausted } from "./below-root.ts";

/** The kernel's name for a namespace: kind and inode number, ns_get_path in fs/nsfs.c. */
const NAMESPACE = /^([a-z_]+):\[(\d{1,10})\]$/;

/** The file system of namespaces: linux/magic.h. */
const NSFS_MAGIC = 0x6e736673;
/** Namespaces have 32-bit inode numbers. */
const MAX_INODE = 0xffff_ffff;

export type NamespaceFile =
  | { readonly kind: "netns"; readonly inode: number }
  /** It is something else: `what` in plain words. */
  | { readonly kind: "other"; readonly what: string }
  /** errno's name, like "ENOENT". */
  | { readonly kind: "failed"; readonly errnoName: string };

/** What the file at `path` stands for. Never throws. */
export function readNamespaceFile(path: string): NamespaceFile {
  let fd: number;
  try {
    fd = openSync(path, O_PATH);
  } catch (failure) {
    return { kind: "failed", errnoName: (failure as NodeJS.ErrnoException).code ?? "unknown" };
  }
  try {
    return identify(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens the network namespace `inode` at `path`; undefined where the path leads elsewhere by now.
 *
 * Whoever owns the path may change what it leads to at any time, and opening a FIFO or a device there instead
 * would block or disturb it. So the file is pinned by O_PATH, which opens nothing, identified, and then
 * opened through that very descriptor.
 *
 * @throws SyscallError where it is that namespace, and cannot be opened, or there is no descriptor to look
 *   with
 */
export function openNetnsFile(sys: Syscalls, path: string, inode: number): OwnedFd | undefined {
  const pinnedFd = sys.open(path, O_PATH);
  if (isExhausted(errnoName(-pinnedFd))) throw syscallError(-pinnedFd, "open", `Cannot look at ${path}`);
  if (pinnedFd < 0) return undefined;
  using pinned = new OwnedFd(sys, pinnedFd, "pinned namespace file");
  const file = identify(pinned.fd);
  if (file.kind !== "netns" || file.inode !== inode) return undefined;
  const opened = new OwnedFd(
    sys,
    check(
      sys.open(ownLink(pinned.fd), O_RDONLY),
      "open",
      `Cannot open the network namespace ${inode} (${path})`,
    ),
    "network namespace",
  );
  if (isSameFile(pinned.fd, opened.fd)) return opened;
  opened[Symbol.dispose]();
  return undefined;
}

/** True where both descriptors are open on one file: an inode number alone is unique only on its device. */
export function isSameFile(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

/** Not below a fixture's root: it is this process's own descriptor. */
function ownLink(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** What an O_PATH descriptor stands for. Never throws. */
function identify(fd: number): NamespaceFile {
  try {
    const name = readlinkSync(ownLink(fd));
    // What `ip netns add` mounts is named by where it is mounted. Only network namespaces are mounted there.
    if (!NAMESPACE.test(name) && statfsSync(ownLink(fd)).type === NSFS_MAGIC)
      return { kind: "netns", inode: fstatSync(fd).ino };
    return namespaceFromName(name);
  } catch (failure) {
    return { kind: "failed", errnoName: (failure as NodeJS.ErrnoException).code ?? "unknown" };
  }
}

/** The inode number in "net:[4026531840]", or what else the text names. */
export function namespaceFromName(name: string): NamespaceFile {
  const [, kind, digits] = NAMESPACE.exec(name) ?? [];
  if (kind === undefined) return { kind: "other", what: "not a namespace" };
  if (kind !== "net") return { kind: "other", what: `a ${kind} namespace` };
  const inode = parseInode(digits ?? "");
  return inode === undefined
    ? { kind: "other", what: "no network namespace: its inode number is out of range" }
    : { kind: "netns", inode };
}

/** 1 to 4294967295 in decimal digits; undefined for anything else. */
export function parseInode(digits: string): number | undefined {
  const value = /^\d{1,10}$/.test(digits) ? Number(digits) : 0;
  return value >= 1 && value <= MAX_INODE ? value : undefined;
}
