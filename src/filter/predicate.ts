/**
 * A tree as a function of an event, or of a packet.
 *
 * Inside, an answer is the set of what it may be (answer.ts). What the kernel has answered already is read
 * from its bits (plan.ts says which).
 */
import {
  type AddressNode,
  compare,
  type FilterNode,
  type FlagsNode,
  headersOf,
  type PortNode,
  PROTOCOLS,
  type Relation,
  simplify,
} from "../filter-language/index.ts";
import { type Answer, answerOf, mayBeYes, NO, not, REJECTED, UNKNOWN_ANSWER, YES } from "./answer.ts";
import { compileEvent } from "./event-test.ts";
import { outerSource } from "./outer-source.ts";
import { networkSet4, networkSet6, portSet } from "./sets.ts";
import type { OneEnd, Source, Test } from "./source.ts";
import { compileValue } from "./value.ts";

export interface PredicateOptions {
  /** The text of the filter, for errors. */
  readonly text: string;
  /**
   * What is not computed, but read from the two bits at this place: one for the answer, the next for a
   * rejection.
   */
  readonly told?: ReadonlyMap<FilterNode, number> | undefined;
}

/** True for what the filter accepts, or may accept where an answer is not known. A FilterError where the source cannot answer. */
export function compilePredicate<T>(
  root: FilterNode,
  source: Source<T>,
  options: PredicateOptions,
): (of: T, told?: number) => boolean {
  const test = compileTest(root, source, options);
  return (of, told = 0) => mayBeYes(test(of, told));
}

export function compileTest<T>(node: FilterNode, source: Source<T>, options: PredicateOptions): Test<T> {
  const bit = options.told?.get(node);
  if (bit !== undefined)
    return (_of, told) => ((told >>> (bit + 1)) & 1 ? REJECTED : answerOf(((told >>> bit) & 1) !== 0));
  switch (node.kind) {
    case "and":
    case "or": {
      const parts = node.of.map((part) => compileTest(part, source, options));
      return everyUntil(parts, node.kind === "and" ? YES : NO);
    }
    case "not": {
      const inner = compileTest(node.of, source, options);
      return (of, told) => not(inner(of, told));
    }
    case "constant": {
      const answer = answerOf(node.value);
      return () => answer;
    }
    case "relation":
      return compileRelation(node, source, options.text);
    case "address":
      return compileAddress(node, source);
    case "port":
      return compilePort(node, source);
    case "protocol":
      return compileProtocol(node, source, options);
    case "proto":
    case "multicast":
    case "loopback":
      return compileTest(simplify(node), source, options);
    case "flags":
      return compileFlags(node, source);
    case "outer": {
      const inside = compileTest(node.of, outerSource, options);
      const asksPort = node.of.kind === "port";
      return (of) => {
        const outer = source.outer(of);
        return outer === undefined || (asksPort && outer.dport === undefined) ? NO : inside(outer, 0);
      };
    }
    default:
      return compileEvent(node, source, options.text);
  }
}

/** Goes on as long as the answer may be `on`. */
function everyUntil<T>(parts: readonly Test<T>[], on: Answer): Test<T> {
  return (of, told) => {
    let before = 0;
    for (const part of parts) {
      const answer = part(of, told);
      if ((answer & on) === 0) return before | answer;
      before |= answer & ~on;
    }
    return before | on;
  };
}

function compileProtocol<T>(
  node: Extract<FilterNode, { kind: "protocol" }>,
  source: Source<T>,
  options: PredicateOptions,
): Test<T> {
  const { family, number, never } = PROTOCOLS.get(node.name) ?? {};
  if (number !== undefined || never === true || family === undefined)
    return compileTest(simplify(node), source, options);
  return (of) => {
    const found = source.family(of);
    return typeof found === "object" ? UNKNOWN_ANSWER : answerOf(found === family);
  };
}

function compileAddress<T>({ end, networks }: AddressNode, source: Source<T>): Test<T> {
  const [in4, in6] = [networkSet4(networks), networkSet6(networks)];
  return atEnds(end, (of, one) => {
    const address = source.address(of, one);
    if (typeof address === "number") return answerOf(in4(address));
    return "isUnknown" in address ? UNKNOWN_ANSWER : answerOf(in6(address));
  });
}

function compilePort<T>({ end, ranges, transport }: PortNode, source: Source<T>): Test<T> {
  if (transport !== undefined && transport !== "tcp") return () => NO;
  const inRanges = portSet(ranges);
  const test = atEnds<T>(end, (of, one) => {
    const port = source.port(of, one);
    return typeof port === "object" ? UNKNOWN_ANSWER : answerOf(inRanges(port));
  });
  return withTcp(source, test);
}

function compileFlags<T>({ set, clear }: FlagsNode, source: Source<T>): Test<T> {
  const { knownFlags: known = 0xff } = source;
  const asked = set | clear;
  const answer = (asked & ~known) === 0 ? YES : UNKNOWN_ANSWER;
  return withTcp(source, (of) => ((source.flags(of) & asked & known) === (set & known) ? answer : NO));
}

const WITHOUT_TCP = { fragment: NO, unreadable: REJECTED, missing: NO | REJECTED } as const;

function withTcp<T>(source: Source<T>, test: Test<T>): Test<T> {
  return (of, told) => {
    const header = source.tcpHeader(of);
    return header === "readable" ? test(of, told) : WITHOUT_TCP[header];
  };
}

function atEnds<T>(end: AddressNode["end"], test: (of: T, end: OneEnd) => Answer): Test<T> {
  const [src, dst]: readonly [Test<T>, Test<T>] = [(of) => test(of, "src"), (of) => test(of, "dst")];
  switch (end) {
    case "either":
      return everyUntil([src, dst], NO);
    case "both":
      return everyUntil([src, dst], YES);
    default:
      return (of) => test(of, end);
  }
}

/**
 * Without the headers that it asks for, a relation is false. Where nobody knows whether they are there, it
 * may also be that.
 */
function compileRelation<T>(node: Relation, source: Source<T>, text: string): Test<T> {
  const headers = new Set([...headersOf(node.left), ...headersOf(node.right)]);
  if (headers.has("ip") && headers.has("ip6")) return () => NO;
  const test = compileComparison(node, source, text);
  const family = headers.has("ip") ? 4 : headers.has("ip6") ? 6 : undefined;
  return (of, told) => {
    const found = family === undefined ? undefined : source.family(of);
    if (typeof found === "object") return NO | test(of, told);
    if (found !== family) return NO;
    if (!headers.has("tcp")) return test(of, told);
    const header = source.tcpHeader(of);
    if (header === "fragment") return NO;
    return header === "missing" ? NO | REJECTED : test(of, told);
  };
}

/** What is compared may be behind the packet's end, wherever nobody knows numbers of headers. */
function compileComparison<T>({ op, left, right }: Relation, source: Source<T>, text: string): Test<T> {
  const { numbers } = source;
  if (numbers === undefined) return () => UNKNOWN_ANSWER | REJECTED;
  const [a, b] = [compileValue(left, numbers, text), compileValue(right, numbers, text)];
  return (of) => {
    const [x, y] = [a(of), b(of)];
    if (Number.isNaN(x) || Number.isNaN(y)) return REJECTED;
    return answerOf(compare(op, x, y));
  };
}
