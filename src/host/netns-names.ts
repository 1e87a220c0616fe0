/** Names that `ip netns add` gave: files in /run/netns. */
import { belowRoot, namesIn } from "./below-root.ts";
import { readNamespaceFile } from "./namespace-file.ts";

/** Where iproute2 keeps them; /var/run is /run nearly everywhere, and an old habit elsewhere. */
export const NETNS_FOLDERS = ["run/netns", "var/run/netns"] as const;

/** A table is not read again before this, however many names are asked for. */
const REREAD_AFTER_MS = 1000;
/** More names than this are not looked at. */
const MAX_NAMES = 10_000;

/** Names that exist, in order; none where there is no folder. Never throws. */
export function listNetnsNames(root: string): readonly string[] {
  const names = new Set<string>();
  for (const folder of NETNS_FOLDERS)
    for (const name of namesIn(belowRoot(root, folder)).slice(0, MAX_NAMES)) names.add(name);
  return [...names].sort();
}

/**
 * Inode numbers to names, for display: cached, and read anew at most once a second when a number has no name.
 */
export class NetnsNames {
  readonly #root: string;
  readonly #nowMs: () => number;
  #names: ReadonlyMap<number, string> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(root = "/", nowMs: () => number = () => performance.now()) {
    this.#root = root;
    this.#nowMs = nowMs;
  }

  /** The name of a namespace; undefined where it has none. Never throws. */
  name(inode: number): string | undefined {
    const known = this.#names.get(inode);
    if (known !== undefined || this.#nowMs() - this.#readAtMs < REREAD_AFTER_MS) return known;
    this.#names = readNames(this.#root);
    this.#readAtMs = this.#nowMs();
    return this.#names.get(inode);
  }
}

/** Of several names for one namespace, the first in the alphabet. */
function readNames(root: string): ReadonlyMap<number, string> {
  const byInode = new Map<number, string>();
  for (const name of listNetnsNames(root)) {
    for (const folder of NETNS_FOLDERS) {
      const file = readNamespaceFile(belowRoot(root, `${folder}/${name}`));
      if (file.kind === "netns" && !byInode.has(file.inode)) byInode.set(file.inode, name);
    }
  }
  return byInode;
}
