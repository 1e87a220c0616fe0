/**
 * Looks once a second whether what --for chose is still there, where it has no name that lasts.
 *
 * A network namespace that is gone ends the run: nothing more can come from it, and its number is used again for
 * a stranger's. Of a process that has ended the kernel still sends what was left, so that the run goes on.
 */
import { readlinkSync } from "node:fs";
import { belowRoot } from "../host/below-root.ts";
import { namespaceFromName } from "../host/namespace-file.ts";
import { netnsPresence } from "../host/netns-presence.ts";
import { readProcessFacts } from "../host/owner/process-facts.ts";
import type { FoundTarget, TargetLife } from "../target/find-target.ts";
import type { RunHooks } from "./commands/trace.ts";
import { say } from "./print.ts";

const LOOK_MS = 1000;
/** Where its processes have left a namespace, everything is looked at for who else is there. */
const WIDE_LOOK_MS = 5000;

export interface TargetWatch extends RunHooks, Disposable {}

export function watchTarget({ what, life }: FoundTarget): TargetWatch {
  if (life === undefined) return { [Symbol.dispose]: () => undefined };
  let timer: NodeJS.Timeout | undefined;
  let end: (() => void) | undefined;
  const until = new Promise<void>((resolve) => {
    end = resolve;
  });
  const look = (): void => {
    const state = stateOf(life);
    if (state === "there") return later(LOOK_MS);
    if (state === "left") return later(WIDE_LOOK_MS);
    say(`tcpdrop: ${goneWords(what, life)}\n`);
    if (life.kind === "netns") end?.();
  };
  const later = (ms: number): void => {
    timer = setTimeout(look, ms);
    timer.unref();
  };
  return { onAttached: () => later(LOOK_MS), until, [Symbol.dispose]: () => clearTimeout(timer) };
}

/** `left`: none of the processes is in it any more, and somebody else may be. */
export function stateOf(life: TargetLife, root = "/"): "there" | "left" | "gone" {
  if (life.kind === "process") {
    const startTicks = readProcessFacts(life.pid, root)?.startTicks;
    return startTicks !== undefined && startTicks === life.startTicks ? "there" : "gone";
  }
  if (life.pids.some((pid) => life.inodes.includes(netnsOf(pid, root) ?? 0))) return "there";
  return life.inodes.some((inode) => netnsPresence(inode, root) === "present") ? "left" : "gone";
}

/** Cheaper than all facts. */
function netnsOf(pid: number, root: string): number | undefined {
  try {
    const file = namespaceFromName(readlinkSync(belowRoot(root, `proc/${pid}/ns/net`)));
    return file.kind === "netns" ? file.inode : undefined;
  } catch {
    return undefined;
  }
}

function goneWords(what: string, life: TargetLife): string {
  if (life.kind === "process")
    return `${what} has ended: what is shown from now on is what it left, or another process's with this number`;
  const [word, verb] = life.inodes.length === 1 ? ["namespace", "is"] : ["namespaces", "are"];
  return `The run ends, for network ${word} ${life.inodes.join(" and ")} of ${what} ${verb} gone: it was stopped, or started anew`;
}
