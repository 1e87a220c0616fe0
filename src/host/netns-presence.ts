/**
 * Whether there is a network namespace of an inode number. Nothing lists them all: one exists for certain where a
 * process, a name or a descriptor leads to it, and does not where everything was looked at and nothing does.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { belowRoot } from "./below-root.ts";
import { namespaceFromName, readNamespaceFile } from "./namespace-file.ts";
import { NETNS_FOLDERS } from "./netns-names.ts";

/**
 * Inode numbers of namespaces begin here: those of the initial ones (init_ns_ino, include/uapi/linux/nsfs.h) are
 * just below those that are handed out (PROC_DYNAMIC_FIRST, fs/proc/generic.c).
 */
const FIRST_INODE = 0xefff_fff0;

/** More files than this are not looked at. */
const MAX_FILES = 50_000;

const GONE = ["ENOENT", "ESRCH", "ENOTDIR"];

export type NetnsPresence = "present" | "absent" | "unknown";

/** Looks at what is cheap first. Never throws. */
export function netnsPresence(inode: number, root = "/"): NetnsPresence {
  if (inode < FIRST_INODE) return "absent";
  const look = new Look(inode, root);
  if (look.atNames() || look.atProcesses() || look.atDescriptors()) return "present";
  return look.isWhole ? "absent" : "unknown";
}

class Look {
  readonly #inode: number;
  readonly #root: string;
  #files = 0;
  /** False once something could not be looked at. */
  isWhole = true;

  constructor(inode: number, root: string) {
    this.#inode = inode;
    this.#root = root;
  }

  atNames(): boolean {
    return NETNS_FOLDERS.some((folder) =>
      this.#names(folder).some((name) => this.#isAt(belowRoot(this.#root, `${folder}/${name}`))),
    );
  }

  atProcesses(): boolean {
    return this.#processes().some((pid) => this.#leads(belowRoot(this.#root, `proc/${pid}/ns/net`)));
  }

  atDescriptors(): boolean {
    return this.#processes().some((pid) =>
      this.#names(`proc/${pid}/fd`).some((fd) => this.#leads(belowRoot(this.#root, `proc/${pid}/fd/${fd}`))),
    );
  }

  #processes(): readonly string[] {
    return this.#names("proc").filter((name) => /^\d+$/.test(name));
  }

  #names(folder: string): readonly string[] {
    return this.#looking(() => readdirSync(belowRoot(this.#root, folder))) ?? [];
  }

  /** By the text of a link, which opens nothing; one to a file may be to a namespace that is mounted there. */
  #leads(path: string): boolean {
    const text = this.#looking(() => readlinkSync(path)) ?? "";
    const file = namespaceFromName(text);
    return file.kind === "netns" ? file.inode === this.#inode : /\/netns\//.test(text) && this.#isAt(path);
  }

  #isAt(path: string): boolean {
    const file = readNamespaceFile(path);
    if (file.kind === "failed" && !GONE.includes(file.errnoName)) this.isWhole = false;
    return file.kind === "netns" && file.inode === this.#inode;
  }

  #looking<T>(read: () => T): T | undefined {
    this.#files += 1;
    if (this.#files > MAX_FILES) {
      this.isWhole = false;
      return undefined;
    }
    try {
      return read();
    } catch (failure) {
      if (!GONE.includes((failure as NodeJS.ErrnoException).code ?? "")) this.isWhole = false;
      return undefined;
    }
  }
}
