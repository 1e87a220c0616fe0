/** Arbitrary trees, as the parser makes them, for properties of everything that works on trees. */
import fc from "fast-check";
import { DIRECTIONS, DROP_CLASSES, REFUSED_CAUSES, TCP_STATES } from "../model/index.ts";
import { maskOfPrefix, maskWord, network4, network6 } from "./addresses.ts";
import {
  type Arithmetic,
  type ArithmeticOp,
  type End,
  type FilterNode,
  type Network,
  OWNER_WORDS,
  type Range,
  type RelationOp,
  type Transport,
} from "./tree.ts";
import { PROTOCOLS } from "./vocabulary.ts";

export const NOWHERE = Object.freeze({ start: 0, end: 0 });
const at = fc.constant(NOWHERE);

/** Values that packets of tests have often: else hardly a filter would accept one. */
export const COMMON_PORTS = [0, 22, 80, 443, 1024, 8080, 65_535] as const;
export const COMMON_V4 = [0x0a00_0001, 0x0a00_0002, 0x7f00_0001, 0xc0a8_0101, 0xe000_0001] as const;
export const COMMON_V6 = [
  [0, 0, 0, 1],
  [0x2001_0db8, 0, 0, 1],
  [0x2001_0db8, 0, 0, 2],
  [0xff02_0000, 0, 0, 1],
] as const;

const u32 = fc.nat({ max: 0xffff_ffff });
const port = fc.oneof(fc.constantFrom(...COMMON_PORTS), fc.nat({ max: 0xffff }));
const range: fc.Arbitrary<Range> = fc.oneof(
  port.map((low) => ({ low, high: low })),
  fc.tuple(port, port).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) })),
);
const ip4 = fc.oneof(fc.constantFrom(...COMMON_V4), u32);
const prefix4 = fc.oneof(fc.constantFrom(0, 8, 16, 24, 32), fc.nat({ max: 32 }));
const network4Of = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(ip4, prefix4)
      .map(([address, prefix]) => network4((address & maskOfPrefix(prefix)) >>> 0, maskOfPrefix(prefix))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(ip4, u32).map(([address, mask]) => network4((address & mask) >>> 0, mask)),
  },
);
const ip6 = fc.oneof(
  fc.constantFrom(...COMMON_V6),
  fc.tuple(u32, u32, u32, u32).map((words) => words as readonly [number, number, number, number]),
);
const network6Of = fc
  .tuple(ip6, fc.oneof(fc.constantFrom(0, 32, 64, 128), fc.nat({ max: 128 })))
  .map(([address, prefix]) => {
    const [a, b, c, d] = address.map((word, index) => (word & maskWord(prefix, index)) >>> 0) as [
      number,
      number,
      number,
      number,
    ];
    return network6([a, b, c, d], prefix);
  });
const network: fc.Arbitrary<Network> = fc.oneof(network4Of, network6Of);
const end = fc.constantFrom<End>("either", "src", "dst", "both");
const transport = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constant<Transport>("tcp") },
  fc.constantFrom<Transport>("udp", "sctp"),
);

/** Those that pcap-filter has too. */
const packetLeaf: fc.Arbitrary<FilterNode> = fc.oneof(
  fc.record({
    kind: fc.constant("protocol"),
    name: fc.oneof(fc.constantFrom("ip", "ip6", "tcp"), fc.constantFrom(...PROTOCOLS.keys())),
    at,
  }),
  fc.record({
    kind: fc.constant("proto"),
    family: fc.constantFrom(undefined, 4, 6),
    number: fc.oneof(fc.constant(6), fc.nat({ max: 255 })),
    at,
  }),
  fc.record({ kind: fc.constant("address"), end, networks: fc.tuple(network), at }),
  fc.record({ kind: fc.constant("port"), transport, end, ranges: fc.tuple(range), at }),
  fc.record({ kind: fc.constant("multicast"), family: fc.constantFrom(4, 6), at }),
);

const ARITHMETIC: readonly ArithmeticOp[] = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"];
const RELATIONS: readonly RelationOp[] = ["==", "!=", "<", "<=", ">", ">="];
const number = fc
  .oneof(fc.constantFrom(0, 1, 2, 5, 6, 16, 40, 64, 0x12, 0xff, 0xffff), u32)
  .map((value): Arithmetic => ({ kind: "number", value, at: NOWHERE }));

const offset = fc
  .oneof({ weight: 3, arbitrary: fc.nat({ max: 22 }) }, fc.nat({ max: 70 }))
  .map((value): Arithmetic => ({ kind: "number", value, at: NOWHERE }));

/** `own`: with what pcap-filter has not. */
function arithmetic(own: boolean): fc.Arbitrary<Arithmetic> {
  const { value } = fc.letrec<{ value: Arithmetic }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      number,
      fc.record({ kind: fc.constantFrom("ip", "ip6", "tcp"), offset, size: fc.constantFrom(1, 2, 4) }).map(
        ({ kind, offset: from, size }): Arithmetic => ({
          kind: "bytes",
          header: kind,
          offset: from,
          size: size as 1 | 2 | 4,
          at: NOWHERE,
        }),
      ),
      fc.record({ kind: own ? fc.constantFrom("len", "payload") : fc.constant("len"), at }),
      fc.record({
        kind: fc.constant("bytes"),
        header: fc.constantFrom("ip", "ip6", "tcp"),
        offset: tie("value"),
        size: fc.constantFrom(1, 2, 4),
        at,
      }),
      fc
        .record({
          kind: fc.constant("binary"),
          op: fc.constantFrom(...ARITHMETIC),
          left: tie("value"),
          right: tie("value"),
          at,
        })
        .filter(own ? isDefined : isTakenByLibpcap),
      fc.record({ kind: fc.constant("negate"), of: tie("value"), at }),
    ) as fc.Arbitrary<Arithmetic>,
  }));
  return value;
}

function isDefined({ op, right }: { op: ArithmeticOp; right: Arithmetic }): boolean {
  if (right.kind !== "number") return true;
  return op === "/" || op === "%" ? right.value !== 0 : (op !== "<<" && op !== ">>") || right.value <= 31;
}

/**
 * libpcap refuses to shift by more than 31 bits, and to divide by zero, and looks for that at the first
 * instruction of the right operand alone (gen_arth(), gencode.c): `len >> ip[40]` too, whose first one loads 40.
 */
function isTakenByLibpcap({ op, right }: { op: ArithmeticOp; right: Arithmetic }): boolean {
  const first = firstLoaded(right);
  return first === undefined || isDefined({ op, right: { kind: "number", value: first, at: NOWHERE } });
}

/** The constant that an operand's code begins with; undefined if it does not. */
function firstLoaded(node: Arithmetic): number | undefined {
  switch (node.kind) {
    case "number":
      return node.value;
    case "bytes":
      return firstLoaded(node.offset);
    case "binary":
      return firstLoaded(node.left);
    case "negate":
      return firstLoaded(node.of);
    default:
      return undefined;
  }
}

function relation(own: boolean): fc.Arbitrary<FilterNode> {
  const value = arithmetic(own);
  return fc.record({
    kind: fc.constant("relation"),
    op: fc.constantFrom(...RELATIONS),
    left: value,
    right: fc.oneof(number, value),
    at,
  });
}

/** What drops have that packets have not. */
export const COMMON_NAMES = ["nginx", "lo", "eth0", "a b", 'q"', "x(y)", "!", "port", "kworker/0:1"] as const;
const eventLeaf: fc.Arbitrary<FilterNode> = fc.oneof(
  fc.record({
    kind: fc.constant("reason"),
    pattern: fc.constantFrom("NO_SOCKET", "TCP_*", "3", "?O_SOCKET", "*"),
    at,
  }),
  fc.record({
    kind: fc.constant("field"),
    word: fc.constant("class"),
    value: fc.constantFrom(...DROP_CLASSES),
    at,
  }),
  fc.record({
    kind: fc.constant("field"),
    word: fc.constant("cause"),
    value: fc.constantFrom(...REFUSED_CAUSES),
    at,
  }),
  fc.record({
    kind: fc.constant("state"),
    name: fc.constantFrom(...TCP_STATES.filter((state) => state !== undefined)),
    at,
  }),
  fc
    .tuple(fc.nat({ max: 255 }), fc.integer({ min: 1, max: 255 }))
    .map(([set, mask]): FilterNode => ({ kind: "flags", set: set & mask, clear: ~set & mask, at: NOWHERE })),
  fc.record({ kind: fc.constant("direction"), name: fc.constantFrom(...DIRECTIONS), at }),
  fc.record({ kind: fc.constant("netns"), which: fc.constantFrom("4026531840", "blue", "pid:1"), at }),
  fc.record({ kind: fc.constant("cpu-pid"), pid: fc.nat({ max: 4 << 20 }), at }),
  fc.record({ kind: fc.constantFrom("cpu-comm", "iface"), name: fc.constantFrom(...COMMON_NAMES), at }),
  fc.record({
    kind: fc.constant("owner"),
    word: fc.constantFrom(...OWNER_WORDS.filter((word) => word !== "pid")),
    value: fc.constantFrom(...COMMON_NAMES),
    at,
  }),
  fc.record({
    kind: fc.constant("owner"),
    word: fc.constant("pid"),
    value: fc.constantFrom("1", "1234"),
    at,
  }),
  fc.record({ kind: fc.constant("uid"), uid: fc.oneof(fc.nat({ max: 2 }), u32), at }),
  fc.record({ kind: fc.constant("cgroup"), path: fc.constantFrom("/", "/a", "/a b/c.service"), at }),
  fc
    .tuple(u32, u32)
    .map(([value, mask]): FilterNode => ({ kind: "mark", value: (value & mask) >>> 0, mask, at: NOWHERE })),
  fc.record({
    kind: fc.constant("location"),
    symbol: fc.constantFrom("tcp_v4_rcv", "0xffffffff81000000"),
    at,
  }),
  fc.record({ kind: fc.constant("loopback"), at }),
  fc.record({ kind: fc.constant("constant"), value: fc.boolean(), at }),
);

function trees(leaf: fc.Arbitrary<FilterNode>): fc.Arbitrary<FilterNode> {
  const { tree } = fc.letrec<{ tree: FilterNode }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.record({
        kind: fc.constantFrom("and", "or"),
        of: fc.array(tie("tree"), { minLength: 2, maxLength: 5 }),
        at,
      }),
      fc.record({ kind: fc.constant("not"), of: tie("tree"), at }),
    ) as fc.Arbitrary<FilterNode>,
  }));
  return tree;
}

/** Trees of what pcap-filter has too. */
export const packetTree = trees(
  fc.oneof({ weight: 3, arbitrary: packetLeaf }, { weight: 2, arbitrary: relation(false) }),
);
/** Trees of all there is. */
export const anyTree = trees(
  fc.oneof(
    { weight: 3, arbitrary: packetLeaf },
    { weight: 2, arbitrary: relation(true) },
    { weight: 3, arbitrary: eventLeaf },
  ),
);

/** The tree without the positions in the text: what two texts must have in common. */
export function bare(node: FilterNode): unknown {
  return JSON.parse(JSON.stringify(node, (key, value: unknown) => (key === "at" ? undefined : value)));
}
