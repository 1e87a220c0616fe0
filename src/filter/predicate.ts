/**
 * A tree as a function of an event, or of a packet.
 *
 * Inside, an answer is 1, 0, or -1: what was asked for is not there, and the packet is rejected whatever
 * stands around the question, as in pcap-filter. What the kernel has answered already is read from its bits
 * (plan.ts says which).
 */
import {
  type AddressNode,
  compare,
  type FilterNode,
  headersOf,
  type PortNode,
  PROTOCOLS,
  type Relation,
  simplify,
} from "../filter-language/index.ts";
import { compileEvent } from "./event-test.ts";
import { networkSet4, networkSet6, portSet } from "./sets.ts";
import type { Answer, OneEnd, Source, Test } from "./source.ts";
import { compileValue } from "./value.ts";

export interface PredicateOptions {
  /** The text of the filter, for errors. */
  readonly text: string;
  /**
   * What is not computed, but read from the two bits at this place: one for the answer, the next for a
   * rejection.
   */
  readonly told?: ReadonlyMap<FilterNode, number> | undefined;
  /**
   * The answer to a question that has one which nobody knows: what may be meant is accepted, so it is 1, and
   * 0 behind an odd number of `not`.
   */
  readonly favour?: 0 | 1 | undefined;
}

/** True for what the filter accepts. A FilterError where the source cannot answer. */
export function compilePredicate<T>(
  root: FilterNode,
  source: Source<T>,
  options: PredicateOptions,
): (of: T, told?: number) => boolean {
  const test = compileTest(root, source, options);
  return (of, told = 0) => test(of, told) === 1;
}

export function compileTest<T>(node: FilterNode, source: Source<T>, options: PredicateOptions): Test<T> {
  const bit = options.told?.get(node);
  if (bit !== undefined) return (_of, told) => ((told >>> (bit + 1)) & 1 ? -1 : (told >>> bit) & 1 ? 1 : 0);
  switch (node.kind) {
    case "and":
    case "or": {
      const parts = node.of.map((part) => compileTest(part, source, options));
      return everyUntil(parts, node.kind === "and" ? 1 : 0);
    }
    case "not": {
      const inner = compileTest(node.of, source, { ...options, favour: options.favour === 0 ? 1 : 0 });
      return (of, told) => {
        const answer = inner(of, told);
        return answer === -1 ? -1 : answer === 1 ? 0 : 1;
      };
    }
    case "constant": {
      const answer = node.value ? 1 : 0;
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
    case "flags": {
      const { set, clear } = node;
      return withTcp(source, (of) => (source.flags(of) & (set | clear)) === set);
    }
    default:
      return compileEvent(node, source, options);
  }
}

/** Goes on as long as the answer is `on`. */
function everyUntil<T>(parts: readonly Test<T>[], on: Answer): Test<T> {
  return (of, told) => {
    for (const part of parts) {
      const answer = part(of, told);
      if (answer !== on) return answer;
    }
    return on;
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
  return (of) => (source.family(of) === family ? 1 : 0);
}

function compileAddress<T>({ end, networks }: AddressNode, source: Source<T>): Test<T> {
  const [in4, in6] = [networkSet4(networks), networkSet6(networks)];
  return atEnds(end, (of, one) =>
    source.family(of) === 4 ? in4(source.address4(of, one)) : in6(source.address6(of, one)),
  );
}

function compilePort<T>({ end, ranges, transport }: PortNode, source: Source<T>): Test<T> {
  if (transport !== undefined && transport !== "tcp") return () => 0;
  const inRanges = portSet(ranges);
  const test = atEnds<T>(end, (of, one) => inRanges(source.port(of, one)));
  return withTcp(source, (of) => test(of, 0) === 1);
}

function withTcp<T>(source: Source<T>, test: (of: T) => boolean): Test<T> {
  return (of) => {
    const header = source.tcpHeader(of);
    if (header !== "readable") return header === "fragment" ? 0 : -1;
    return test(of) ? 1 : 0;
  };
}

function atEnds<T>(end: AddressNode["end"], test: (of: T, end: OneEnd) => boolean): Test<T> {
  switch (end) {
    case "either":
      return (of) => (test(of, "src") || test(of, "dst") ? 1 : 0);
    case "both":
      return (of) => (test(of, "src") && test(of, "dst") ? 1 : 0);
    default:
      return (of) => (test(of, end) ? 1 : 0);
  }
}

/** Without the headers that it asks for, a relation is false. */
function compileRelation<T>({ op, left, right }: Relation, source: Source<T>, text: string): Test<T> {
  const headers = new Set([...headersOf(left), ...headersOf(right)]);
  const [a, b] = [compileValue(left, source, text), compileValue(right, source, text)];
  const family = headers.has("ip") ? 4 : headers.has("ip6") ? 6 : undefined;
  if (headers.has("ip") && headers.has("ip6")) return () => 0;
  return (of) => {
    if (family !== undefined && source.family(of) !== family) return 0;
    if (headers.has("tcp") && source.tcpHeader(of) === "fragment") return 0;
    const [x, y] = [a(of), b(of)];
    if (Number.isNaN(x) || Number.isNaN(y)) return -1;
    return compare(op, x, y) ? 1 : 0;
  };
}
