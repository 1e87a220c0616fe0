/**
 * Where the machine's network namespaces can be entered: files of /proc and /run/netns, by inode number.
 *
 * Paths and no descriptors are kept: an open namespace would live on, with its devices, after everybody else
 * had left it.
 */
import { readlinkSync } from "node:fs";
import { ERRNO, syscallError } from "../sys/errno.ts";
import { belowRoot, isExhausted, namesIn } from "./below-root.ts";
import { findNetnsFileSteps } from "./enter-netns.ts";
import { namespaceFromName, readNamespaceFile } from "./namespace-file.ts";
import { NETNS_FOLDERS } from "./netns-names.ts";
import type { Steps } from "./steps.ts";

/** Ways into one namespace that are remembered: its first process may end before the others. */
const MAX_PATHS = 4;

/** What is found in one go: the paths that lead to each namespace, and the processes that were looked at. */
interface Search {
  readonly paths: Map<number, readonly string[]>;
  readonly processes: Set<string>;
}

export class NetnsFinder {
  readonly #root: string;
  readonly #wanted: ReadonlySet<number> | undefined;
  #paths: ReadonlyMap<number, readonly string[]> = new Map();
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
   * descriptor. `paths` changes with the last step.
   */
  *findAllSteps(): Steps<void> {
    const search: Search = { paths: new Map(), processes: new Set() };
    yield* this.#search(search);
    for (const inode of this.#wanted ?? []) {
      const path = search.paths.has(inode) ? undefined : yield* findNetnsFileSteps(inode, this.#root);
      if (path !== undefined) this.#remember(search, inode, path);
    }
    this.#found(search);
  }

  /** Looks at names, and at processes that were not there the last time: a fraction of the cost. */
  *findNewSteps(): Steps<void> {
    if (this.#wanted !== undefined && this.#isComplete()) return;
    const search: Search = { paths: new Map(this.#paths), processes: new Set() };
    yield* this.#search(search, this.#processes);
    this.#found(search);
  }

  *#search(search: Search, known: ReadonlySet<string> = new Set()): Steps<void> {
    for (const folder of NETNS_FOLDERS)
      for (const name of namesIn(belowRoot(this.#root, folder))) {
        this.#add(search, belowRoot(this.#root, `${folder}/${name}`));
        yield;
      }
    for (const pid of namesIn(belowRoot(this.#root, "proc"))) {
      if (!/^\d+$/.test(pid)) continue;
      search.processes.add(pid);
      if (known.has(pid)) continue;
      this.#addLink(search, belowRoot(this.#root, `proc/${pid}/ns/net`));
      yield;
    }
  }

  #found({ paths, processes }: Search): void {
    this.#paths = paths;
    this.#processes = processes;
  }

  #isComplete(): boolean {
    return this.#wanted !== undefined && [...this.#wanted].every((inode) => this.#paths.has(inode));
  }

  /** A link whose text says what it is: much cheaper than opening it. */
  #addLink(search: Search, path: string): void {
    try {
      const file = namespaceFromName(readlinkSync(path));
      if (file.kind === "netns") this.#remember(search, file.inode, path);
    } catch {
      // The process or the descriptor has gone, or is none of our business.
    }
  }

  #add(search: Search, path: string): void {
    const file = readNamespaceFile(path);
    if (file.kind === "netns") this.#remember(search, file.inode, path);
    // Without a descriptor to look with, it is not known what is there.
    if (file.kind === "failed" && isExhausted(file.errnoName))
      throw syscallError(ERRNO[file.errnoName], "open", `Cannot look at ${path}`);
  }

  #remember({ paths }: Search, inode: number, path: string): void {
    if (this.#wanted !== undefined && !this.#wanted.has(inode)) return;
    const known = paths.get(inode) ?? [];
    if (known.length < MAX_PATHS && !known.includes(path)) paths.set(inode, [...known, path]);
  }
}
