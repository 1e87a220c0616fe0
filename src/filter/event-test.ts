/** Primitives that ask the event, and no header. */
import { FilterError } from "../errors.ts";
import {
  type EventPrimitive,
  globTest,
  type LocationNode,
  type ReasonNode,
} from "../filter-language/index.ts";
import { bareSymbol } from "../reasons/index.ts";
import { answerOf, NO, UNKNOWN_ANSWER } from "./answer.ts";
import { type EventSource, type Test, UNKNOWN, type Unknown } from "./source.ts";

type Asked = Exclude<EventPrimitive, { kind: "flags" | "loopback" }>;

export function compileEvent<T>(node: Asked, source: EventSource<T>, text: string): Test<T> {
  switch (node.kind) {
    case "reason":
      return reasonTest(node, source);
    case "location":
      return locationTest(node, source);
    case "field": {
      const { word, value } = node;
      return (of) => answerOf(source.field(of, word) === value);
    }
    case "state":
    case "direction":
    case "comm":
    case "iface":
      return equals(source[node.kind], node.name);
    case "netns": {
      const { inode } = node;
      if (inode === undefined)
        throw new FilterError({
          text,
          ...node.at,
          problem: `Nobody has looked for the network namespace ${node.which}`,
        });
      return equals(source.netns, inode);
    }
    case "pid":
      return equals(source.pid, node.pid);
    case "mark":
      return (of) => {
        const mark = source.mark(of);
        if (typeof mark === "object") return UNKNOWN_ANSWER;
        return answerOf(mark !== undefined && (mark & node.mask) >>> 0 === node.value);
      };
  }
}

function equals<T, V extends string | number>(read: (of: T) => V | undefined | Unknown, wanted: V): Test<T> {
  return (of) => {
    const value = read(of);
    return value === UNKNOWN ? UNKNOWN_ANSWER : answerOf(value === wanted);
  };
}

/** By name, so that it holds for drops of another kernel too; a number is a number. */
function reasonTest<T>({ pattern }: ReasonNode, source: EventSource<T>): Test<T> {
  if (/^\d+$/.test(pattern)) {
    const code = Number(pattern);
    return (of) => answerOf(source.reasonCode(of) === code);
  }
  const isIt = globTest(pattern);
  return (of) => {
    const reason = source.reason(of);
    return answerOf(reason !== undefined && isIt(reason));
  };
}

/** A function's name as it is, or without what the compiler appended to it. */
function locationTest<T>({ symbol }: LocationNode, source: EventSource<T>): Test<T> {
  if (symbol.startsWith("0x")) {
    const address = BigInt(symbol);
    return (of) => answerOf(source.locationAddress(of) === address);
  }
  return (of) => {
    const location = source.location(of);
    if (location === undefined) return NO;
    return answerOf(bareSymbol(location) === symbol || /^[^+ ]*/.exec(location)?.[0] === symbol);
  };
}
