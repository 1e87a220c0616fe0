/** What `ip netns` calls a namespace, and how a command gets into it from here. */
import { belowRoot } from "./below-root.ts";
import { NETNS_FOLDERS } from "./netns-names.ts";

export interface NetnsWay {
  /** Absent where /run/netns has none. */
  readonly name: string | undefined;
  /** Words in front of a command; undefined where no way is known. */
  readonly enter: readonly string[] | undefined;
}

/** `paths` lead to the namespace, as NetnsFinder has them; `isOwn`: it is this process's. */
export function wayInto(paths: readonly string[], isOwn: boolean, root = "/"): NetnsWay {
  const name = paths.map((path) => nameOf(path, root)).find((found) => found !== undefined);
  return { name, enter: isOwn ? [] : (byName(name) ?? byProcess(paths, root)) };
}

function byName(name: string | undefined): readonly string[] | undefined {
  return name === undefined ? undefined : ["ip", "netns", "exec", name];
}

function byProcess(paths: readonly string[], root: string): readonly string[] | undefined {
  const prefix = belowRoot(root, "proc/");
  for (const path of paths) {
    const pid = path.startsWith(prefix)
      ? /^(\d{1,10})\/ns\/net$/.exec(path.slice(prefix.length))?.[1]
      : undefined;
    if (pid !== undefined) return ["nsenter", "-t", pid, "-n"];
  }
  return undefined;
}

/** `ip netns` knows the names of one folder alone. */
function nameOf(path: string, root: string): string | undefined {
  const folder = belowRoot(root, `${NETNS_FOLDERS[0]}/`);
  const name = path.startsWith(folder) ? path.slice(folder.length) : "";
  // A name that looks like an option would be one.
  return name === "" || name.includes("/") || name.startsWith("-") ? undefined : name;
}
