/** A target for programs: the options that trace it. */
import { UsageError } from "../errors.ts";
import { bothOf } from "../filter-language/index.ts";
import { parseFilterHere } from "../settings/options.ts";
import { DEFAULT_OWNERS, type TraceOptions } from "../settings/request.ts";

/** What findTarget() found. */
export interface Target {
  /** "container web (docker, 4f1d2c3b4a59)"; nothing in it steers a terminal. */
  readonly what: string;
  /** "in its network namespace 4026532246"; undefined: wherever is traced without it. */
  readonly where: string | undefined;
  /** What people should know of the choice: sentences without their full stop. */
  readonly notes: readonly string[];
  /** Those that were given, completed: for openTrace(). */
  readonly options: TraceOptions;
}

/**
 * Finds a process ("1234"), a unit of systemd ("nginx"), a container (name, id or its first digits), a pod
 * ("shop/web-7d9f") or "HOST:PORT" on this machine, and what has to be traced for it; "pid:", "unit:",
 * "container:" or "pod:" before it says which. Only reads. `options` are those of the trace: their filter must
 * hold too.
 *
 * Rejects with a UsageError where nothing is called so, or several are: the hint lists them.
 *
 * @example
 * ```ts
 * import { findTarget } from "tcpdrop";
 *
 * const { options } = await findTarget("192.0.2.1:443");
 * console.log(options.filter);
 * // prints: (src host 192.0.2.1 and src port 443) or (dst host 192.0.2.1 and dst port 443)
 * ```
 */
export async function findTarget(text: string, options: TraceOptions = {}): Promise<Target> {
  if (typeof text !== "string") throw new UsageError("What to find is not a text");
  // Not before it is needed: an import of the library would read all of it.
  const { findTargetHere } = await import("./find-target.ts");
  const hasNetns = options.netns !== undefined;
  const { what, where, notes, netns, filter } = await findTargetHere(text, { hasNetns });
  if (hasNetns && netns !== undefined)
    throw new UsageError(`${what} has network namespaces of its own, and netns names others`, {
      hint: "Leave out netns.",
    });
  return Object.freeze({
    what,
    where,
    notes,
    options: Object.freeze({
      ...options,
      netns: netns ?? options.netns,
      filter: filter === undefined ? options.filter : withWords(options.filter, filter),
      owners: options.owners ?? DEFAULT_OWNERS,
    }),
  });
}

/** A filter that is a text is parsed by itself: its parentheses close in it. */
function withWords(own: TraceOptions["filter"], words: string): string {
  if (own === undefined) return words;
  const { text } = typeof own === "string" ? parseFilterHere(own) : own;
  return bothOf(text, words);
}
