/** Primitives that ask the event, and no header. */
import { FilterError } from "../errors.ts";
import {
  type CgroupNode,
  type EventPrimitive,
  globTest,
  type LocationNode,
  type ReasonNode,
} from "../filter-language/index.ts";
import { bareSymbol } from "../reasons/index.ts";
import { answerOf, NO, UNKNOWN_ANSWER, YES } from "./answer.ts";
import { ownerTest } from "./owner-test.ts";
import { type EventSource, type Test, UNKNOWN } from "./source.ts";

type Asked = Exclude<EventPrimitive, { kind: "flags" | "loopback" | "outer" }>;

export function compileEvent<T>(node: Asked, source: EventSource<T>, text: string): Test<T> {
  switch (node.kind) {
    case "reason":
      return reasonTest(node, source);
    case "location":
      return locationTest(node, source);
    case "field":
      return equals(source.field(node.word), node.value);
    case "state":
    case "direction":
    case "cpu-comm":
      return equals(source.field(node.kind), node.name);
    case "iface": {
      const leavesBy = source.field("out-iface");
      const isFirst = equals(source.field("iface"), node.name);
      return (of, told) => (leavesBy(of) === node.name ? YES : isFirst(of, told));
    }
    case "netns": {
      const { inode } = node;
      if (inode === undefined)
        throw new FilterError({
          text,
          ...node.at,
          problem: `Nobody has looked for the network namespace ${node.which}`,
        });
      return equals(source.field("netns"), inode);
    }
    case "cpu-pid":
      return equals(source.field("cpu-pid"), node.pid);
    case "owner":
      return ownerTest(node, source);
    case "uid":
      return equals(source.field("uid"), node.uid);
    case "cgroup":
      return cgroupTest(node, source, text);
    case "mark":
      return holds(
        source.field("mark"),
        (mark) => typeof mark === "number" && (mark & node.mask) >>> 0 === node.value,
      );
  }
}

/** What was made after the cgroups were looked up may be inside. */
function cgroupTest<T>({ path, group, at }: CgroupNode, source: EventSource<T>, text: string): Test<T> {
  if (group === undefined)
    throw new FilterError({ text, ...at, problem: `Nobody has looked for the cgroup ${path}` });
  const read = source.field("cgroup");
  const inside = new Set<unknown>([group.id, ...group.inside]);
  const outside = new Set<unknown>(group.outside);
  return (of) => {
    const id = read(of);
    if (inside.has(id)) return YES;
    return id === undefined || outside.has(id) ? NO : UNKNOWN_ANSWER;
  };
}

function equals<T>(read: (of: T) => unknown, wanted: string | number | boolean | bigint): Test<T> {
  return holds(read, (value) => value === wanted);
}

/** `isIt` is false of undefined. */
function holds<T>(read: (of: T) => unknown, isIt: (value: unknown) => boolean): Test<T> {
  return (of) => {
    const value = read(of);
    return value === UNKNOWN ? UNKNOWN_ANSWER : answerOf(isIt(value));
  };
}

/** By name, so that it holds for drops of another kernel too; a number is a number. */
function reasonTest<T>({ pattern }: ReasonNode, source: EventSource<T>): Test<T> {
  if (/^\d+$/.test(pattern)) {
    return equals(source.reasonCode, Number(pattern));
  }
  const isIt = globTest(pattern);
  return holds(source.field("reason"), (reason) => typeof reason === "string" && isIt(reason));
}

/** A function's name as it is, or without what the compiler appended to it. */
function locationTest<T>({ symbol }: LocationNode, source: EventSource<T>): Test<T> {
  if (symbol.startsWith("0x")) {
    return equals(source.locationAddress, BigInt(symbol));
  }
  return holds(
    source.field("location"),
    (location) =>
      typeof location === "string" &&
      (bareSymbol(location) === symbol || /^[^+ ]*/.exec(location)?.[0] === symbol),
  );
}
