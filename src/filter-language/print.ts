/**
 * A tree as text that parses to the same tree. Each primitive is written with all that it stands for, and
 * parentheses stand wherever `and` and `or` meet, though the language would do without some.
 */
import { FilterError } from "../errors.ts";
import { TCP_FLAGS } from "../model/index.ts";
import { formatNetwork, isHost } from "./addresses.ts";
import { Lexer, NEEDS_QUOTES } from "./lexer.ts";
import type {
  AddressNode,
  Arithmetic,
  End,
  EventPrimitive,
  FilterNode,
  FlagsNode,
  MarkNode,
  PortNode,
} from "./tree.ts";

/**
 * Of a tree, or of a part of it. A list that the simplifier made is written as what it was made of.
 *
 * @example
 * ```ts
 * import { parseFilter, printFilter } from "tcpdrop";
 *
 * console.log(printFilter(parseFilter("port https or 8080").root));
 * // prints: port 443 or port 8080
 * ```
 */
export function printFilter(node: FilterNode): string {
  switch (node.kind) {
    case "and":
    case "or":
      return node.of
        .map((part) => (isJoined(part) ? `(${printFilter(part)})` : printFilter(part)))
        .join(` ${node.kind} `);
    case "not":
      return isJoined(node.of) ? `not (${printFilter(node.of)})` : `not ${printFilter(node.of)}`;
    case "constant":
      return String(node.value);
    case "protocol":
      return node.name;
    case "proto":
      return `${familyWord(node.family)}proto ${node.number}`;
    case "address":
      return printAddresses(node);
    case "port":
      return printPorts(node);
    case "multicast":
      return `${familyWord(node.family)}multicast`;
    case "relation":
      return `${printArithmetic(node.left)} ${node.op} ${printArithmetic(node.right)}`;
    default:
      return printEvent(node);
  }
}

/** Lists are shown with so many members. */
const MAX_MEMBERS = 12;

/** For people: a list of networks can have thousands of members, of which the first stand for all. */
export function printShort(node: FilterNode): string {
  const members = printFilter(node).split(" or ");
  return members.length <= MAX_MEMBERS
    ? members.join(" or ")
    : `${members.slice(0, MAX_MEMBERS).join(" or ")} or ... ${members.length} in all`;
}

/** What `not` or `and` would take only a part of. */
function isJoined(node: FilterNode): boolean {
  if (node.kind === "address") return node.networks.length > 1;
  return node.kind === "and" || node.kind === "or" || (node.kind === "port" && node.ranges.length > 1);
}

function familyWord(family: 4 | 6 | undefined): string {
  return family === undefined ? "" : family === 4 ? "ip " : "ip6 ";
}

/** What stands before an argument, for each end. */
export const END: Readonly<Record<End, string>> = {
  either: "",
  src: "src ",
  dst: "dst ",
  both: "src and dst ",
};

function printAddresses({ end, networks }: AddressNode): string {
  return networks
    .map((network) => `${END[end]}${isHost(network) ? "host" : "net"} ${formatNetwork(network)}`)
    .join(" or ");
}

function printPorts({ transport, end, ranges }: PortNode): string {
  const before = `${transport === undefined ? "" : `${transport} `}${END[end]}`;
  return ranges
    .map(({ low, high }) => (low === high ? `${before}port ${low}` : `${before}portrange ${low}-${high}`))
    .join(" or ");
}

function printArithmetic(node: Arithmetic): string {
  switch (node.kind) {
    case "number":
      return String(node.value);
    case "len":
    case "payload":
      return node.kind;
    case "bytes":
      return `${node.header}[${printArithmetic(node.offset)}${node.size === 1 ? "" : `:${node.size}`}]`;
    case "negate":
      return `-${printOperand(node.of)}`;
    case "binary":
      return `${printOperand(node.left)} ${node.op} ${printOperand(node.right)}`;
  }
}

function printOperand(node: Arithmetic): string {
  return node.kind === "binary" || node.kind === "negate"
    ? `(${printArithmetic(node)})`
    : printArithmetic(node);
}

function printEvent(node: EventPrimitive): string {
  switch (node.kind) {
    case "reason":
      return `reason ${node.pattern}`;
    case "field":
      return `${node.word} ${quoted(String(node.value))}`;
    case "state":
    case "direction":
      return `${node.kind} ${node.name}`;
    case "cpu-comm":
    case "iface":
      return `${node.kind} ${quoted(node.name)}`;
    case "flags":
      return `flags ${printFlags(node)}`;
    case "netns":
      return `netns ${quoted(node.which)}`;
    case "cpu-pid":
      return `cpu-pid ${node.pid}`;
    case "owner":
      return `${node.word} ${quoted(node.value)}`;
    case "uid":
      return `uid ${node.uid}`;
    case "cgroup":
      return `cgroup ${quoted(node.path)}`;
    case "mark":
      return `mark ${printMark(node)}`;
    case "location":
      return `location ${node.symbol}`;
    case "outer":
      return `outer ${printFilter(node.of)}`;
    case "loopback":
      return node.kind;
  }
}

/** "syn,!ack" */
function printFlags({ set, clear }: FlagsNode): string {
  return TCP_FLAGS.flatMap((flag, bit) =>
    ((set | clear) >> bit) & 1 ? [`${(clear >> bit) & 1 ? "!" : ""}${flag.toLowerCase()}`] : [],
  ).join(",");
}

function printMark({ value, mask }: MarkNode): string {
  const hex = (number: number): string => `0x${number.toString(16)}`;
  return mask === 0xffff_ffff ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

/** In quotes where it would not be read as one word without them. */
function quoted(word: string): string {
  const forms = [word, `"${word}"`, `'${word}'`];
  return forms.find((form) => isReadAs(form, word)) ?? word;
}

function isReadAs(form: string, word: string): boolean {
  if (form === word && (NEEDS_QUOTES.test(word) || /^["']/.test(word))) return false;
  try {
    const argument = new Lexer(form).argument();
    return argument?.word === word && argument.end === form.length;
  } catch (failure) {
    // A quote behind a space begins another argument, which does not end.
    if (failure instanceof FilterError) return false;
    throw failure;
  }
}
