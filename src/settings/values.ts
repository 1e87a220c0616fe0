/**
 * The values that settings take: how each is read from text. A rule returns undefined for what is no such
 * value; whoever knows where the text came from makes the error.
 */
import { UsageError } from "../errors.ts";
import { nearest } from "../filter-language/index.ts";
import { parseNetnsArgument } from "../host/netns.ts";
import { COLUMN_NAMES, columnName } from "../model/fields/index.ts";
import {
  DEFAULT_OWNER_BUDGET_PERCENT,
  DEFAULT_OWNER_WAIT_MS,
  DEFAULT_STACKS_PER_SECOND,
  type StackPolicy,
  type TraceRequest,
} from "./request.ts";

export interface TextRule<T> {
  /** What it must be; completes "--buffer 5 is not ...". */
  readonly what: string;
  /** Which forms there are, for the hint; an example follows. */
  readonly forms?: string;
  readonly example: string;
  /** Values that are words, for completion and for what was misspelt. */
  readonly words?: readonly string[];
  /** Undefined where it is none. A rule that knows more of the problem throws a UsageError. */
  parse(text: string): T | undefined;
}

const UNIT: Readonly<Record<string, number>> = { "": 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };
export const LEAST_BUFFER_BYTES = 1 << 12;
/** Positions in the ring are masked with 31-bit arithmetic. */
export const MOST_BUFFER_BYTES = 1 << 30;

export function isBufferSize(bytes: number): boolean {
  return bytes >= LEAST_BUFFER_BYTES && bytes <= MOST_BUFFER_BYTES;
}

/** The kernel wants a power of two. */
export function roundedUp(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}

/** "64M", in bytes. */
export const BUFFER_SIZE: TextRule<number> = {
  what: "a size from 4K to 1G",
  forms: "Give bytes, or a number with K, M or G",
  example: "64M",
  parse(text) {
    const [, digits, unit = ""] = /^(\d{1,15})([KMG]?)(?:i?B)?$/i.exec(text) ?? [];
    const bytes = Number(digits) * (UNIT[unit.toUpperCase()] ?? 1);
    return isBufferSize(bytes) ? roundedUp(bytes) : undefined;
  },
};

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** A timer of Node takes no more. */
const MOST_MS = 2 ** 31 - 1;

/** "10s", in milliseconds; a bare number is seconds. */
export const TIME: TextRule<number> = {
  what: `a time from 1ms to ${Math.floor(MOST_MS / 3_600_000)}h`,
  forms: "Give a number with ms, s, m or h",
  example: "10s",
  parse(text) {
    const [, digits, unit = "s"] = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)?$/.exec(text) ?? [];
    const ms = Math.round(Number(digits) * (MS[unit] ?? 0));
    return ms >= 1 && ms <= MOST_MS ? ms : undefined;
  },
};

/** A yes or a no in words. */
export const SWITCH: TextRule<boolean> = {
  what: "true or false",
  example: "true",
  parse(text) {
    if (/^(true|yes|on|1)$/i.test(text)) return true;
    return /^(false|no|off|0)$/i.test(text) ? false : undefined;
  },
};

/** What totals are added up by; the first one is the default. */
export const SUMMARY_GROUPS = ["site", "owner"] as const;
export type SummaryGroup = (typeof SUMMARY_GROUPS)[number];

export interface SummaryPlan {
  readonly everyMs: number;
  readonly by: SummaryGroup;
}

const SUMMARY_MS = 1000;

/** "5s", "owner", "owner,5s"; or false: none. */
export const SUMMARY: TextRule<SummaryPlan | false> = {
  what: `${TIME.what}, ${SUMMARY_GROUPS.join(" or ")}, both with a comma, or the word false`,
  forms: "Give what totals are by, how often, or both",
  example: "owner,5s",
  words: SUMMARY_GROUPS,
  parse(text) {
    if (/^(false|no|off)$/i.test(text)) return false;
    const words = text.split(",");
    const by = SUMMARY_GROUPS.find((group) => group === words[0]);
    const [time, ...more] = by === undefined ? words : words.slice(1);
    const everyMs = time === undefined ? SUMMARY_MS : TIME.parse(time);
    return everyMs === undefined || more.length > 0 ? undefined : { everyMs, by: by ?? SUMMARY_GROUPS[0] };
  },
};

/** Whether a word begins as the value of --summary does: else it begins the filter. */
export function isSummaryText(text: string): boolean {
  return /^\d/.test(text) || SUMMARY_GROUPS.some((group) => text === group || text.startsWith(`${group},`));
}

/** More cannot be counted one by one. */
const MOST_COUNTED = Number.MAX_SAFE_INTEGER;

export const COUNT: TextRule<number> = {
  what: "a whole number from 1 to 2^53-1",
  example: "10",
  parse(text) {
    const number = /^\d{1,16}$/.test(text) ? Number(text) : 0;
    return number >= 1 && number <= MOST_COUNTED ? number : undefined;
  },
};

/** More would be no limit, and does not fit an instruction. */
export const MOST_A_SECOND = 2 ** 31 - 1;

function upToMost(text: string | undefined): number | undefined {
  const number = Number(text ?? 0);
  return number >= 1 && number <= MOST_A_SECOND ? number : undefined;
}

/** "1000/s", or "1000". */
export const RATE: TextRule<number> = {
  what: `a rate from 1/s to ${MOST_A_SECOND}/s`,
  forms: "Give events a second",
  example: "1000/s",
  parse: (text) => upToMost(/^(\d{1,10})(?:\/s)?$/.exec(text)?.[1]),
};

/** "1/100", as 100. */
export const FRACTION: TextRule<number> = {
  what: `a fraction from 1/1 to 1/${MOST_A_SECOND}`,
  forms: "Give 1/N, for one event of N",
  example: "1/100",
  parse: (text) => upToMost(/^1\/(\d{1,10})$/.exec(text)?.[1]),
};

export const STACKS: TextRule<StackPolicy> = {
  what: "a stack policy",
  forms: `Give auto, all, none, or how many a second per site and CPU, at most ${MOST_A_SECOND}`,
  example: String(DEFAULT_STACKS_PER_SECOND),
  words: ["auto", "all", "none"],
  parse(text) {
    if (text === "auto" || text === "all" || text === "none") return text;
    return /^0+$/.test(text) ? "none" : upToMost(/^\d{1,10}$/.exec(text)?.[0]);
  },
};

export const FAMILY: TextRule<4 | 6> = {
  what: "4 or 6",
  example: "4",
  parse: (text) => (text === "4" ? 4 : text === "6" ? 6 : undefined),
};

export const LISTENERS: TextRule<NonNullable<TraceRequest["listeners"]>> = {
  what: "auto, count or none",
  example: "count",
  parse: (text) =>
    text === "auto" ? true : text === "count" ? "counted" : text === "none" ? false : undefined,
};

/** Nobody waits longer to see a row; and so many may wait. */
const MOST_WAIT_MS = 10_000;

/** Milliseconds: "100", "100ms". */
export const WAIT_MS: TextRule<number> = {
  what: `a number of milliseconds from 0 to ${MOST_WAIT_MS}`,
  example: String(DEFAULT_OWNER_WAIT_MS),
  parse(text) {
    const digits = /^(\d{1,5})(?:ms)?$/.exec(text)?.[1];
    return digits !== undefined && Number(digits) <= MOST_WAIT_MS ? Number(digits) : undefined;
  },
};

/** "2", "2%", "0.5". */
export const PERCENT: TextRule<number> = {
  what: "a percentage from 0.1 to 100",
  example: String(DEFAULT_OWNER_BUDGET_PERCENT),
  parse(text) {
    const percent = Number(/^(\d{1,3}(?:\.\d{1,3})?)%?$/.exec(text)?.[1] ?? 0);
    return percent >= 0.1 && percent <= 100 ? percent : undefined;
  },
};

/** As inode numbers. */
export const NETNS: TextRule<readonly number[]> = {
  what: "a network namespace",
  example: "pid:1234",
  parse: (text) => [parseNetnsArgument(text)],
};

/** What it is, the machine says. */
export const TARGET: TextRule<string> = {
  what: "a process, unit, container, pod or HOST:PORT",
  example: "nginx.service",
  parse: (text) => (text === "" ? undefined : text),
};

export const TEXT: TextRule<string> = {
  what: "a text",
  example: "port 443",
  parse: (text) => text,
};

export const FILE: TextRule<string> = {
  what: "the name of a file",
  example: "/sys/kernel/btf/vmlinux",
  parse(text) {
    // The kernel would take what stands before it.
    if (text.includes("\0")) throw new UsageError("The name of a file cannot hold a NUL byte");
    return text === "" ? undefined : text;
  },
};

/** "time,src,dst": names of columns, or other words for them. */
export const COLUMNS: TextRule<readonly string[]> = {
  what: "a list of columns",
  forms: "Give names with commas between them; tcpdrop help columns lists them",
  example: "time,src,dst,reason,location",
  parse(text) {
    const words = text.split(",").map((word) => word.trim());
    if (words.includes("")) return undefined;
    const names = words.map(columnOf);
    const again = names.find((name, at) => names.indexOf(name) !== at);
    if (again !== undefined) throw new UsageError(`The column ${again} comes twice`);
    return names;
  },
};

function columnOf(word: string): string {
  const name = columnName(word);
  if (name !== undefined) return name;
  const near = nearest(word, COLUMN_NAMES);
  const shown = JSON.stringify(word).replaceAll(/[\p{Cc}\p{Cf}]/gu, "?");
  throw new UsageError(`There is no column ${shown.slice(0, MOST_QUOTED)}`, {
    hint:
      near.length > 0
        ? `Did you mean ${near.join(", ")}? tcpdrop help columns lists them.`
        : "tcpdrop help columns lists them.",
  });
}
const MOST_QUOTED = 60;

/** One word of a list. */
export function oneOf<const T extends string>(words: readonly T[]): TextRule<T> {
  return {
    what: `one of ${words.join(", ")}`,
    example: words[0] ?? "",
    words,
    parse: (text) => words.find((word) => word === text),
  };
}

/** Each time that it is given adds to the list. */
export function listOf<T>(rule: TextRule<T>, example: string): TextRule<readonly T[]> {
  return {
    ...rule,
    example,
    parse(text) {
      const one = rule.parse(text);
      return one === undefined ? undefined : [one];
    },
  };
}
