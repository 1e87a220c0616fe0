/** What a trace says at its start: since when, what is traced, with which filter, and how to end it. */
import { plainText } from "../sinks/plain-text.ts";
import { dateAndZone } from "../sinks/time-text.ts";
import { wrapWords } from "../sinks/wrap-words.ts";
import type { FoundTarget } from "../target/find-target.ts";
import type { Settings } from "./settings.ts";

export interface FirstWords {
  readonly sinceNs: bigint;
  readonly what: string;
  /** Undefined where there is none. */
  readonly filter: string | undefined;
  readonly hasKeys: boolean;
  /** What the key s shows: the table of totals, or the report below it too. */
  readonly onAsking: "totals" | "report";
  /** Of the terminal; undefined where it is none. */
  readonly columns: number | undefined;
}

/** "Tracing TCP drops since 2026-01-02 03:04:05 UTC+1 in all network namespaces. Ctrl-C ends." */
export function formatFirstWords({ sinceNs, what, filter, hasKeys, onAsking, columns }: FirstWords): string {
  const filtered = filter === undefined ? "" : `, filter: ${filter}`;
  const end = hasKeys ? `Keys: s ${onAsking} now, q end.` : "Ctrl-C ends.";
  const text = `Tracing TCP drops since ${dateAndZone(sinceNs)} ${what}${filtered}. ${end}`;
  return `${columns === undefined ? text : wrapWords(text, columns)}\n`;
}

/** Where drops are traced, for what, and of which family. */
export function tracedWords({ values, given }: Settings<"trace" | "demo">, target?: FoundTarget): string {
  const family = values.family === undefined ? "" : `, IPv${values.family} only`;
  const where = target?.where ?? `in ${netnsWords(values.netns ?? [], given("netns"))}`;
  return `${target === undefined ? "" : `for ${target.what}, `}${where}${family}`;
}

/** As they were given, unless the user may not see that. */
function netnsWords(inodes: readonly number[], given: ReturnType<Settings<"trace">["given"]>): string {
  const names = given === undefined || given.isSecret() ? inodes : given.texts;
  const [first, ...others] = [...new Set(names.map(String))].map(plainText);
  if (first === undefined) return "all network namespaces";
  if (others.length === 0) return `network namespace ${first}`;
  return `network namespaces ${[first, ...others].join(", ")}`;
}

const MOST_SHOWN = 200;

/** On one line, and cut. */
export function filterWords(text: string): string {
  const line = plainText(text.trim().replaceAll(/\s+/g, " "));
  return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)}...` : line;
}
