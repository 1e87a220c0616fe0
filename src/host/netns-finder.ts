/**
 * Where the machine's network namespaces can be entered: files of /proc and /run/netns, by inode number.
 *
 * Paths and no descriptors are kept: an open namespace would live on, with its devices, after everybody else
 * had left it.
 */
import { readlinkSync } from "node:fs";
import { belowRoot, namesIn } from "./below-root.ts";
import { findNetnsFile } from "./enter-netns.ts";
import { namespaceFromName, readNamespaceFile } from "./namespace-file.ts";
import { NETNS_FOLDERS } from "./netns-names.ts";

/** Ways into one namespace that are remembered: its first process may end before the others. */
const MAX_PATHS = 4;

export class NetnsFinder {
  readonly #root: string;
  readonly #wanted: ReadonlySet<number> | undefined;
  #paths = new Map<number, readonly string[]>();
  #processes: ReadonlySet<string> = new Set();

  /** `wanted` are the inode numbers of the only namespaces that matter; all that can be found without it. */
  constructor(wanted?: readonly number[], root = "/") {
    this.#root = root;
    this.#wanted = wanted === undefined ? undefined : new Set(wanted);
  }

  /** Inode number to the paths that led there when it was looked for last. */
  get paths(): ReadonlyMap<number, readonly string[]> {
    return this.#paths;
  }

  /**
   * Looks everywhere anew. What is wanted and has neither a process nor a name may still be somebody's
   * descriptor.
   */
  findAll(): void {
    this.#paths = new Map();
    this.#processes = new Set();
    this.findNew();
    for (const inode of this.#wanted ?? []) {
      const path = this.#paths.has(inode) ? undefined : findNetnsFile(inode, this.#root);
      if (path !== undefined) this.#remember(inode, path);
    }
  }

  /** Looks at names, and at processes that were not there the last time: a fraction of the cost. */
  findNew(): void {
    if (this.#wanted !== undefined && this.#isComplete()) return;
    for (const folder of NETNS_FOLDERS)
      for (const name of namesIn(belowRoot(this.#root, folder)))
        this.#add(belowRoot(this.#root, `${folder}/${name}`));
    const processes = namesIn(belowRoot(this.#root, "proc")).filter((name) => /^\d+$/.test(name));
    for (const pid of processes)
      if (!this.#processes.has(pid)) this.#addLink(belowRoot(this.#root, `proc/${pid}/ns/net`));
    this.#processes = new Set(processes);
  }

  #isComplete(): boolean {
    return this.#wanted !== undefined && [...this.#wanted].every((inode) => this.#paths.has(inode));
  }

  /** A link whose text tells what it is: much cheaper than opening it. */
  #addLink(path: string): void {
    try {
      const file = namespaceFromName(readlinkSync(path));
      if (file.kind === "netns") this.#remember(file.inode, path);
    } catch {
      // The process or the descriptor has gone, or is none of our business.
    }
  }

  #add(path: string): void {
    const file = readNamespaceFile(path);
    if (file.kind === "netns") this.#remember(file.inode, path);
  }

  #remember(inode: number, path: string): void {
    if (this.#wanted !== undefined && !this.#wanted.has(inode)) return;
    const known = this.#paths.get(inode) ?? [];
    if (known.length < MAX_PATHS && !known.includes(path)) this.#paths.set(inode, [...known, path]);
  }
}
