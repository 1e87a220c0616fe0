/** Primitives that ask the event, and no header. */
import { FilterError } from "../errors.ts";
import {
  type EventPrimitive,
  globTest,
  type LocationNode,
  type ReasonNode,
} from "../filter-language/index.ts";
import { bareSymbol } from "../reasons/index.ts";

import { type EventSource, type Test, UNKNOWN } from "./source.ts";

type Asked = Exclude<EventPrimitive, { kind: "flags" | "loopback" }>;

/** `favour` is the answer to what nobody knows. */
export function compileEvent<T>(
  node: Asked,
  source: EventSource<T>,
  { text, favour = 1 }: { readonly text: string; readonly favour?: 0 | 1 | undefined },
): Test<T> {
  if (node.kind === "iface") {
    const [{ name }, read] = [node, source.iface];
    return (of) => {
      const iface = read(of);
      return iface === UNKNOWN ? favour : iface === name ? 1 : 0;
    };
  }
  const holds = eventTest(node, source, text);
  return (of) => (holds(of) ? 1 : 0);
}

function eventTest<T>(
  node: Exclude<Asked, { kind: "iface" }>,
  source: EventSource<T>,
  text: string,
): (of: T) => boolean {
  switch (node.kind) {
    case "reason":
      return reasonTest(node, source);
    case "location":
      return locationTest(node, source);
    case "field": {
      const { word, value } = node;
      return (of) => source.field(of, word) === value;
    }
    case "state":
    case "direction":
    case "comm": {
      const [{ name }, read] = [node, source[node.kind]];
      return (of) => read(of) === name;
    }
    case "netns": {
      const { inode } = node;
      if (inode === undefined)
        throw new FilterError({
          text,
          ...node.at,
          problem: `Nobody has looked for the network namespace ${node.which}`,
        });
      return (of) => source.netns(of) === inode;
    }
    case "pid":
      return (of) => source.pid(of) === node.pid;
    case "mark":
      return (of) => {
        const mark = source.mark(of);
        return mark !== undefined && (mark & node.mask) >>> 0 === node.value;
      };
  }
}

/** By name, so that it holds for drops of another kernel too; a number is a number. */
function reasonTest<T>({ pattern }: ReasonNode, source: EventSource<T>): (of: T) => boolean {
  if (/^\d+$/.test(pattern)) {
    const code = Number(pattern);
    return (of) => source.reasonCode(of) === code;
  }
  const isIt = globTest(pattern);
  return (of) => {
    const reason = source.reason(of);
    return reason !== undefined && isIt(reason);
  };
}

/** A function's name as it is, or without what the compiler appended to it. */
function locationTest<T>({ symbol }: LocationNode, source: EventSource<T>): (of: T) => boolean {
  if (symbol.startsWith("0x")) {
    const address = BigInt(symbol);
    return (of) => source.locationAddress(of) === address;
  }
  return (of) => {
    const location = source.location(of);
    return bareSymbol(location) === symbol || /^[^+ ]*/.exec(location)?.[0] === symbol;
  };
}
