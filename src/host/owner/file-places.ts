/** Where files of container runtimes are looked for, and whose they must be. */
import { belowRoot } from "../below-root.ts";

export interface FilePlaces {
  /** "/" but in tests. */
  readonly root: string;
  /** What others own is not believed: 0 but in tests. */
  readonly ownerUid: number;
}

/** Becomes a part of a path: what runtimes call containers, and nothing that leads elsewhere. */
export function isFileName(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(id);
}

/**
 * Where an absolute path of a process may be found from here: below its root folder, which asks for
 * CAP_SYS_PTRACE, and below our own, which is the same one for a runtime on the host. None for a path that
 * is not absolute, or leads upwards.
 *
 * @param folder of the process in /proc
 */
export function pathsOf(folder: string, path: string, { root }: FilePlaces): readonly string[] {
  if (!path.startsWith("/") || path.split("/").includes("..")) return [];
  return [`${folder}/root${path}`, belowRoot(root, path.slice(1))];
}

/** The value of a flag: `-id X`, `--id X`, `-id=X`. Undefined without it. */
export function flagOf(words: readonly string[], name: string): string | undefined {
  for (const [at, word] of words.entries()) {
    if (word === `-${name}` || word === `--${name}`) return words[at + 1];
    for (const start of [`-${name}=`, `--${name}=`])
      if (word.startsWith(start)) return word.slice(start.length);
  }
  return undefined;
}
