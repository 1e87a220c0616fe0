/** Arguments of our own primitives: what the event has, and no packet's header. */
import { BuildError } from "../errors.ts";
import { FILTER_FIELDS } from "../model/fields/index.ts";
import { DIRECTIONS, TCP_FLAGS, TCP_STATES } from "../model/index.ts";
import { type EventArgument, NEEDS_QUOTES } from "./lexer.ts";
import { nearest } from "./nearest.ts";
import type { ParseContext } from "./parse-context.ts";
import { parseArgument } from "./parse-packet.ts";
import type { EventQualifier } from "./qualifier.ts";
import {
  across,
  type DirectionNode,
  type FilterNode,
  OWNER_WORDS,
  type OwnerWord,
  type Span,
} from "./tree.ts";

const STATES = TCP_STATES.filter((state) => state !== undefined);

/** Longest names of processes and interfaces: TASK_COMM_LEN and IFNAMSIZ with their zero are 16. */
const MAX_NAME_BYTES = 15;
const U32_MAX = 0xffff_ffff;
/** PID_MAX_LIMIT, include/linux/threads.h */
const MAX_PID = 4 << 20;
const FLAG_ALIASES: ReadonlyMap<string, string> = new Map([["PUSH", "PSH"]]);

/** Reads the argument, which stands next. */
export function parseEventArgument(context: ParseContext, { primitive, at }: EventQualifier): FilterNode {
  const argument = context.lexer.argument();
  if (argument === undefined) throw context.unexpected(argumentOf(primitive));
  const start = at.start < at.end ? at.start : argument.start;
  const span = Object.freeze({ start, end: argument.end });
  const reading = { context, argument, primitive, at: span };
  if (!argument.quoted) demandPlain(reading);
  return context.node((READ.get(primitive) ?? readField)(reading));
}

/** What stands behind a primitive, for messages. */
function argumentOf(primitive: string): string {
  return FILTER_FIELDS.get(primitive)?.filter?.argument ?? "a value";
}

/** What is written elsewhere, and would be taken for a part of a name here. Quotes make it one. */
function demandPlain(reading: Reading): void {
  const { argument, primitive } = reading;
  const { word } = argument;
  if (primitive === "flags" || !NEEDS_QUOTES.test(word) || (primitive === "reason" && !word.startsWith("!")))
    return;
  throw wrong(reading, [
    word.startsWith("!")
      ? `not ${primitive} ${word.slice(1)}`
      : `${primitive} '${word}', if that is the name: patterns are for reasons`,
  ]);
}

interface Reading {
  readonly context: ParseContext;
  readonly argument: EventArgument;
  readonly primitive: string;
  readonly at: Span;
}

/** Words with a syntax of their own, or that the kernel program knows; the others are readField's. */
const READ: ReadonlyMap<string, (reading: Reading) => FilterNode> = new Map([
  ["reason", readReason],
  [
    "state",
    (reading: Reading): FilterNode => ({
      kind: "state",
      name: oneOf(reading, STATES, reading.argument.word.toUpperCase().replaceAll("-", "_")),
      at: reading.at,
    }),
  ],
  ["flags", readFlags],
  [
    "direction",
    (reading: Reading): FilterNode => ({
      kind: "direction",
      name: oneOf<DirectionNode["name"]>(reading, DIRECTIONS, reading.argument.word.toLowerCase()),
      at: reading.at,
    }),
  ],
  ["netns", ({ argument, at }: Reading): FilterNode => ({ kind: "netns", which: argument.word, at })],
  [
    "cpu-pid",
    (reading: Reading): FilterNode => ({
      kind: "cpu-pid",
      pid: numberUpTo(reading, reading.argument.word, MAX_PID),
      at: reading.at,
    }),
  ],
  [
    "cpu-comm",
    (reading: Reading): FilterNode => ({ kind: "cpu-comm", name: shortName(reading), at: reading.at }),
  ],
  [
    "uid",
    (reading: Reading): FilterNode => ({
      kind: "uid",
      uid: numberUpTo(reading, reading.argument.word, U32_MAX),
      at: reading.at,
    }),
  ],
  ["cgroup", readCgroup],
  ...OWNER_WORDS.map((word) => [word, (reading: Reading): FilterNode => readOwner(reading, word)] as const),
  ["iface", (reading: Reading): FilterNode => ({ kind: "iface", name: shortName(reading), at: reading.at })],
  ["outer", readOuter],
  ["mark", readMark],
  ["location", readLocation],
  ["family", readFamily],
]);

function readOwner(reading: Reading, word: OwnerWord): FilterNode {
  const { argument, at } = reading;
  const value = word === "pid" ? String(numberUpTo(reading, argument.word, MAX_PID)) : argument.word;
  return { kind: "owner", word, value, at };
}

/** Any field of the event: by its type. */
function readField(reading: Reading): FilterNode {
  const { argument, primitive, at } = reading;
  const { word } = argument;
  const field = FILTER_FIELDS.get(primitive);
  switch (field?.type) {
    case "text":
      return {
        kind: "field",
        word: primitive,
        value: field.oneOf === undefined ? word : oneOf(reading, field.oneOf, inCaseOf(word, field.oneOf)),
        at,
      };
    case "address":
      return { kind: "field", word: primitive, value: word, at };
    case "boolean":
      return {
        kind: "field",
        word: primitive,
        value: oneOf(reading, ["true", "false"], word.toLowerCase()) === "true",
        at,
      };
    case "integer": {
      const value = numberUpTo(reading, word, field.range[1]);
      if (value < field.range[0]) throw wrong(reading);
      return { kind: "field", word: primitive, value, at };
    }
    default:
      throw new BuildError(`No filter can ask for ${primitive}: its field is of type ${field?.type}`);
  }
}

function wrong({ context, argument, primitive }: Reading, near: readonly string[] = []): Error {
  const problem = `${JSON.stringify(argument.word)} is no ${primitive}`;
  return context.fault(argument, problem, argumentOf(primitive), near);
}

function oneOf<T extends string>(reading: Reading, known: readonly T[], word: string): T {
  const found = known.find((one) => one === word);
  if (found === undefined) throw wrong(reading, nearest(word, known));
  return found;
}

/** Words are all upper case, or all lower case. */
function inCaseOf(word: string, [first = ""]: readonly string[]): string {
  return first === first.toUpperCase() ? word.toUpperCase().replaceAll("-", "_") : word.toLowerCase();
}

function readReason(reading: Reading): FilterNode {
  const { argument, at } = reading;
  const pattern = argument.word.toUpperCase().replace(/^SKB_DROP_REASON_/, "");
  if (/^(?:\d+|0X[0-9A-F]+)$/.test(pattern))
    return { kind: "reason", pattern: String(numberUpTo(reading, argument.word, U32_MAX)), at };
  if (!/^[A-Z0-9_*?]+$/.test(pattern)) throw wrong(reading, ["reason NO_SOCKET", "reason TCP_*"]);
  return { kind: "reason", pattern, at };
}

function readFlags(reading: Reading): FilterNode {
  let [set, clear] = [0, 0];
  for (const part of reading.argument.word.split(",")) {
    const bit = flagBit(reading, part.replace(/^!/, ""));
    if (part.startsWith("!")) clear |= bit;
    else set |= bit;
  }
  if ((set & clear) !== 0) throw wrong(reading);
  return { kind: "flags", set, clear, at: reading.at };
}

function flagBit(reading: Reading, word: string): number {
  const upper = word.toUpperCase();
  const index = TCP_FLAGS.findIndex((flag) => flag === (FLAG_ALIASES.get(upper) ?? upper));
  if (index < 0)
    throw wrong(
      reading,
      nearest(upper, TCP_FLAGS).map((flag) => flag.toLowerCase()),
    );
  return 1 << index;
}

const OUTER_TYPES = ["host", "net", "port", "portrange"] as const;

/** What stands behind is written as it is without `outer`. */
function readOuter(reading: Reading): FilterNode {
  const { context, argument, at } = reading;
  const end = OUTER_ENDS.get(argument.word);
  const word = end === undefined ? argument : context.lexer.argument();
  if (word === undefined) throw wrong(reading);
  const type = OUTER_TYPES.find((one) => one === word.word);
  if (type === undefined) throw wrong({ ...reading, argument: word }, nearest(word.word, OUTER_TYPES));
  const qualifier = { kind: "packet", protocol: undefined, end: end ?? "either", type, at } as const;
  const of = parseArgument(context, qualifier);
  if (of.kind !== "address" && of.kind !== "port") throw wrong(reading);
  return { kind: "outer", of, at: across(at, of.at) };
}

const OUTER_ENDS: ReadonlyMap<string, "src" | "dst"> = new Map([
  ["src", "src"],
  ["dst", "dst"],
]);

function readMark(reading: Reading): FilterNode {
  const [valueText = "", maskText, more] = reading.argument.word.split("/");
  const value = numberUpTo(reading, valueText, U32_MAX);
  const mask = maskText === undefined ? U32_MAX : numberUpTo(reading, maskText, U32_MAX);
  if (more !== undefined) throw wrong(reading);
  const inside = (value & mask) >>> 0;
  if (inside !== value)
    throw reading.context.fault(
      reading.argument,
      "The mark has bits outside its mask, and no drop matches",
      argumentOf("mark"),
      [`mark 0x${inside.toString(16)}/0x${mask.toString(16)}`],
    );
  return { kind: "mark", value, mask, at: reading.at };
}

function readLocation(reading: Reading): FilterNode {
  const { word } = reading.argument;
  const bare = word.replace(/\+0x[0-9a-f]+.*$/, "");
  if (bare !== word && bare !== "") throw wrong(reading, [`location ${bare}`]);
  if (!/^(?:0x[0-9a-fA-F]{1,16}|[A-Za-z_][A-Za-z0-9_.$]*)$/.test(word)) throw wrong(reading);
  return { kind: "location", symbol: word.startsWith("0x") ? word.toLowerCase() : word, at: reading.at };
}

/** Slashes at the ends and in a row mean nothing. */
function readCgroup(reading: Reading): FilterNode {
  const parts = reading.argument.word.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || reading.argument.word.includes("\0")) throw wrong(reading);
  return { kind: "cgroup", path: `/${parts.join("/")}`, at: reading.at };
}

const FAMILIES: ReadonlyMap<string, "ip" | "ip6"> = new Map([
  ["4", "ip"],
  ["ipv4", "ip"],
  ["inet", "ip"],
  ["6", "ip6"],
  ["ipv6", "ip6"],
  ["inet6", "ip6"],
]);

function readFamily(reading: Reading): FilterNode {
  const name = FAMILIES.get(reading.argument.word.toLowerCase());
  if (name === undefined) throw wrong(reading, ["family 4", "family 6"]);
  return { kind: "protocol", name, at: reading.at };
}

function shortName(reading: Reading): string {
  const { word } = reading.argument;
  const { length } = new TextEncoder().encode(word);
  if (length < 1 || length > MAX_NAME_BYTES || word.includes("\0")) throw wrong(reading);
  return word;
}

function numberUpTo(reading: Reading, text: string, most: number): number {
  const value = /^0[0-7]{1,11}$/.test(text)
    ? Number.parseInt(text, 8)
    : /^(?:[1-9]\d{0,9}|0|0[xX][0-9A-Fa-f]{1,8})$/.test(text)
      ? Number(text)
      : most + 1;
  if (value > most) throw wrong(reading);
  return value;
}
