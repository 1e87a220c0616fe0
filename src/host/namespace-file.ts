/**
 * Files that stand for namespaces: /proc/PID/ns/net and what is bind-mounted from there. Looked at, never
 * entered.
 */
import { closeSync, fstatSync, openSync, readlinkSync, statfsSync } from "node:fs";

/**
 * asm-generic/fcntl.h: names a file without opening it, so that a device or a FIFO in its place is not
 * disturbed. Since Linux 2.6.39.
 */
const O_PATH = 0o10000000;
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
    // Not below a fixture's root: it is this process's own descriptor.
    const own = `/proc/self/fd/${fd}`;
    const name = readlinkSync(own);
    const named = namespaceFromName(name);
    // What `ip netns add` mounts is named by where it is mounted. Only network namespaces are mounted there.
    if (!NAMESPACE.test(name) && statfsSync(own).type === NSFS_MAGIC)
      return { kind: "netns", inode: fstatSync(fd).ino };
    return named;
  } catch (failure) {
    return { kind: "failed", errnoName: (failure as NodeJS.ErrnoException).code ?? "unknown" };
  } finally {
    closeSync(fd);
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
