/**
 * The options of a trace in a program, checked by the rules of the settings: what a flag takes as text, an
 * option takes as a value.
 */
import { inspect } from "node:util";
import { UsageError } from "../errors.ts";
import { type Filter, nearest, parseFilter } from "../filter-language/index.ts";
import { parseInode } from "../host/namespace-file.ts";
import { readServices } from "../host/services.ts";
import { DEFAULT_OWNERS, type TraceOptions, type TraceRequest } from "./request.ts";
import { SETTINGS } from "./table.ts";
import { COUNT, MOST_A_SECOND, type TextRule } from "./values.ts";

/** The options of a trace, checked. */
export interface CheckedOptions {
  readonly request: TraceRequest;
  readonly signal: AbortSignal | undefined;
  readonly highWaterMark: number;
}

const DEFAULT_HIGH_WATER_MARK = 10_000;

interface OptionRule<T> {
  /** What it must be; completes "count: 0 is not ...". */
  readonly what: string;
  /** As a program writes it. */
  readonly example: string;
  /** Undefined for what it cannot be. A UsageError where more is known of the problem. */
  check(value: unknown): T | undefined;
}

/** A setting whose text is that of the value. */
function asText<T>(
  rule: TextRule<T>,
  kind: "number" | "string",
  example: string,
  what = rule.what,
): OptionRule<T> {
  return {
    what,
    example,
    check: (value) => (typeof value === kind ? rule.parse(String(value)) : undefined),
  };
}

const BOOLEAN: OptionRule<boolean> = {
  what: "true or false",
  example: "true",
  check: (value) => (typeof value === "boolean" ? value : undefined),
};

const OPTIONS = {
  families: {
    what: "4, 6 or a list of them",
    example: "[4]",
    check(value: unknown) {
      const families = listOf(value).map((one) =>
        typeof one === "number" ? SETTINGS.family.rule.parse(String(one)) : undefined,
      );
      const known = new Set(families.filter((one) => one !== undefined));
      return known.size > 0 && !families.includes(undefined) ? known : undefined;
    },
  },
  netns: {
    what: "a network namespace or a list of them",
    example: '"pid:1234"',
    check(value: unknown) {
      const inodes = listOf(value).map(netnsOf);
      const known = inodes.flatMap((one) => one ?? []);
      return known.length > 0 && !inodes.includes(undefined) ? known : undefined;
    },
  },
  filter: { what: "a filter", example: '"port 443"', check: filterOf },
  all: BOOLEAN,
  stacks: {
    what: `a stack policy: auto, all, none, or how many a second per site and CPU, at most ${MOST_A_SECOND}`,
    example: "100",
    check: (value: unknown) =>
      typeof value === "number" || (typeof value === "string" && /^[a-z]+$/.test(value))
        ? SETTINGS.stacks.rule.parse(String(value))
        : undefined,
  },
  events: BOOLEAN,
  sample: {
    what: `1 divided by a whole number from 1 to ${MOST_A_SECOND}`,
    example: "1 / 100",
    check: (value: unknown) => (typeof value === "number" ? oneOfHowMany(value) : undefined),
  },
  maxPerSecond: asText(
    SETTINGS["max-events"].rule,
    "number",
    "1000",
    `a whole number from 1 to ${MOST_A_SECOND}`,
  ),
  count: asText(SETTINGS.count.rule, "number", "10"),
  refusedSyns: {
    what: 'true, false or "counted"',
    example: '"counted"',
    check: (value: unknown) =>
      value === "counted" || typeof value === "boolean" ? (value as boolean | "counted") : undefined,
  },
  stats: BOOLEAN,
  owners: asText(SETTINGS.owners.rule, "string", '"cgroup"'),
  ownerWaitMs: asText(SETTINGS["owner-wait"].rule, "number", "100"),
  ownerMemory: BOOLEAN,
  ownerBudgetPercent: asText(SETTINGS["owner-budget"].rule, "number", "2"),
  bufferBytes: asText(SETTINGS.buffer.rule, "number", "1 << 26"),
  btf: asText(SETTINGS.btf.rule, "string", '"/sys/kernel/btf/vmlinux"'),
  signal: { what: "an AbortSignal", example: "AbortSignal.timeout(10_000)", check: signalOf },
  highWaterMark: asText(COUNT, "number", "10_000"),
} as const satisfies { readonly [K in keyof TraceOptions]-?: OptionRule<unknown> };

type OptionName = keyof typeof OPTIONS;
type OptionValues = {
  readonly [K in OptionName]: (typeof OPTIONS)[K] extends OptionRule<infer T> ? T | undefined : never;
};

/** A UsageError names the invalid option, or says that there is none of that name. */
export function checkOptions(options: TraceOptions): CheckedOptions {
  const given: unknown = options;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new UsageError(`${shown(given)} is not an object with the options of a trace`);
  refuseInherited(given);
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) values[knownName(name)] = checked(name, value);
  // Each value is what its rule gives, and that is what the type says.
  const { signal, highWaterMark = DEFAULT_HIGH_WATER_MARK, ...rest } = values as OptionValues;
  refuseRowOptions(rest);
  return Object.freeze({ request: requestOf(rest), signal, highWaterMark });
}

/** Only own properties are read: what is inherited would be ignored without a word. */
function refuseInherited(given: object): void {
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype === Object.prototype || prototype === null) return;
  throw new UsageError(`${shown(given)} is not a plain object with the options of a trace`, {
    hint: "Inherited options are not read: give an object literal.",
  });
}

function knownName(name: string): OptionName {
  if (Object.hasOwn(OPTIONS, name)) return name as OptionName;
  const names = Object.keys(OPTIONS);
  const near = nearest(name, names);
  throw new UsageError(`A trace has no option ${shown(name)}`, {
    hint: near.length > 0 ? `Did you mean ${near.join(", ")}?` : `The options are ${names.join(", ")}`,
  });
}

function checked(name: string, value: unknown): unknown {
  const rule: OptionRule<unknown> = OPTIONS[knownName(name)];
  const there = `${name}: ${shown(value)}`;
  let result: unknown;
  try {
    result = rule.check(value);
  } catch (failure) {
    if (!(failure instanceof UsageError)) throw failure;
    throw new UsageError(`${there}: ${failure.message}`, { hint: failure.hint, cause: failure });
  }
  if (result === undefined)
    throw new UsageError(`${there} is not ${rule.what}`, { hint: `For example ${name}: ${rule.example}` });
  return result;
}

function requestOf(values: Omit<OptionValues, "signal" | "highWaterMark">): TraceRequest {
  const { families, events, sample, stats, refusedSyns, owners = DEFAULT_OWNERS, ...same } = values;
  const [family] = families?.size === 1 ? families : [];
  return Object.freeze({
    ...same,
    owners,
    family,
    rows: events,
    sampleOneOf: sample,
    cost: stats,
    listeners: refusedSyns,
  });
}

/** Options of single events, where none is shown. */
function refuseRowOptions(values: Partial<OptionValues>): void {
  if (values.events !== false) return;
  const name = (["count", "sample", "maxPerSecond"] as const).find((one) => values[one] !== undefined);
  if (name !== undefined)
    throw new UsageError(`${name} cannot be combined with events: false, which shows no events`, {
      hint: "Remove one of them.",
    });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** A number is an inode number, and never a name. */
function netnsOf(value: unknown): readonly number[] | undefined {
  if (typeof value === "string") return SETTINGS.netns.rule.parse(value);
  if (typeof value !== "number") return undefined;
  const inode = parseInode(String(value));
  if (inode !== undefined) return [inode];
  throw new UsageError(
    `${value} cannot be the inode number of a network namespace: they run from 1 to 4294967295`,
    { hint: "It is the number that `ls -Li /run/netns/NAME` or `stat -Lc %i /proc/PID/ns/net` shows." },
  );
}

/** With the names of services that this machine has. */
export function parseFilterHere(text: string): Filter {
  const services = readServices();
  return parseFilter(text, { services: services?.tcp, otherServices: services?.other });
}

function filterOf(value: unknown): Filter | undefined {
  if (typeof value === "string") return parseFilterHere(value);
  return isFilter(value) ? value : undefined;
}

/** What parseFilter() made. */
function isFilter(value: unknown): value is Filter {
  const { text, root } = Object(value) as Partial<Filter>;
  return typeof text === "string" && typeof root === "object" && typeof root.kind === "string";
}

/** 0.01 is one of 100, as near as a number can be to that. */
function oneOfHowMany(fraction: number): number | undefined {
  const many = Math.round(1 / fraction);
  return fraction > 0 && 1 / many === fraction ? SETTINGS.sample.rule.parse(`1/${many}`) : undefined;
}

/** Of any realm. */
function signalOf(value: unknown): AbortSignal | undefined {
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
  return typeof aborted === "boolean" && typeof addEventListener === "function"
    ? (value as AbortSignal)
    : undefined;
}

const MOST_SHOWN = 60;

/** On one line. */
function shown(value: unknown): string {
  const text = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, customInspect: false });
  const line = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "?");
  return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)}...` : line;
}
