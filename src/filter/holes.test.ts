/** What is not known of an event never makes an answer certain. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { refusedEach } from "../../test/golden/sample-events.ts";
import { ownerOf } from "../../test/owner-facts.ts";
import { type FilterNode, printFilter } from "../filter-language/index.ts";
import {
  COMMON_PORTS,
  COMMON_V4,
  COMMON_V6,
  anyTree as treesWithNames,
} from "../filter-language/trees.test.kit.ts";
import { DIRECTIONS, DROP_CLASSES, REFUSED_CAUSES, type RefusedEvent, TCP_STATES } from "../model/index.ts";
import { refusedSite } from "../reasons/index.ts";
import { type Answer, NO, REJECTED, YES } from "./answer.ts";
import { type EventFacts, packet, type ReadPacket, testSource } from "./packets.test.kit.ts";
import { compileTest } from "./predicate.ts";
import { refusedSource } from "./refused-source.ts";
import { type Source, UNKNOWN } from "./source.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 10;
/** Of a namespace by name nobody knows the inode here. */
const anyTree = treesWithNames.map(lookedUp);

type Whole = ReadPacket & EventFacts & { readonly cause: string | undefined };
type Holed = Whole & { readonly holes: ReadonlySet<string> };
type Hole<T> = T | typeof UNKNOWN;

const HOLES = [
  ...["family", "src", "dst", "sport", "dport", "tcp", "reason", "reasonCode", "class", "cause", "state"],
  ...["direction", "netns", "cpu-pid", "cpu-comm", "owner", "uid", "cgroup", "iface", "mark", "location"],
  "locationAddress",
];
const KNOWN_FLAGS = 0b0001_0111;

const orHole = <T>(of: Holed, name: string, value: T): Hole<T> => (of.holes.has(name) ? UNKNOWN : value);

/** The same event, of which somebody knows less. */
const holedSource: Source<Holed> = {
  family: (of) => orHole(of, "family", of.family),
  address: (of, end) => (of.holes.has(end) ? UNKNOWN : testSource.address(of, end)),
  tcpHeader: (of) => (of.tcp !== "readable" && of.holes.has("tcp") ? "missing" : of.tcp),
  port: (of, end) => (of.holes.has(end === "src" ? "sport" : "dport") ? UNKNOWN : testSource.port(of, end)),
  flags: (of) => testSource.flags(of) & KNOWN_FLAGS,
  knownFlags: KNOWN_FLAGS,
  numbers: testSource.numbers,
  field: (word) => {
    const read = testSource.field(word);
    return (of) => orHole(of, word, read(of));
  },
  owner: (of) => orHole(of, "owner", testSource.owner(of)),
  outer: testSource.outer,
  reasonCode: (of) => orHole(of, "reasonCode", of.reasonCode),
  locationAddress: (of) => orHole(of, "locationAddress", of.locationAddress),
};
const withoutNumbers: Source<Holed> = { ...holedSource, numbers: undefined };

const facts = fc.record({
  reason: fc.constantFrom(undefined, "NO_SOCKET", "TCP_CSUM"),
  reasonCode: fc.constantFrom(undefined, 3, 4),
  class: fc.constantFrom(...DROP_CLASSES),
  cause: fc.constantFrom(undefined, ...REFUSED_CAUSES),
  state: fc.constantFrom(...TCP_STATES),
  direction: fc.constantFrom(...DIRECTIONS),
  netns: fc.constantFrom(undefined, 4_026_531_840),
  "cpu-pid": fc.nat({ max: 3 }),
  "cpu-comm": fc.constantFrom("nginx", "lo"),
  owner: fc.constantFrom(undefined, ownerOf({ comm: "nginx" }), ownerOf({ comm: "lo", unit: "nginx" })),
  iface: fc.constantFrom(undefined, "lo", "eth0"),
  "out-iface": fc.constantFrom(undefined, "eth0"),
  mark: fc.nat({ max: 0xffff_ffff }),
  uid: fc.constantFrom(undefined, 0, 1),
  cgroup: fc.constantFrom(undefined, 1n, 7n, 8n),
  location: fc.constantFrom("tcp_v4_rcv+0x5", "0xffffffff81000000"),
  locationAddress: fc.constantFrom(0xffff_ffff_8100_0000n, 1n),
});

describe("compileTest", () => {
  test("an event with holes has the answers of all that it may be", () => {
    const seen = { certain: 0, open: 0 };
    const property = fc.property(
      anyTree,
      fc.array(fc.tuple(packet, facts, fc.subarray(HOLES)), { minLength: 5, maxLength: 5 }),
      (tree, events) => {
        const text = printFilter(tree);
        const whole = compileTest(tree, testSource, { text });
        const holed = [holedSource, withoutNumbers].map((source) => compileTest(tree, source, { text }));
        for (const [segment, beside, holes] of events) {
          const of = { ...segment, ...beside, holes: new Set(holes) };
          const answer = whole(of, 0);
          for (const test of holed) count(seen, demandWithin(answer, test(of, 0), text));
        }
      },
    );
    fc.assert(property, { numRuns: RUNS });
    assert(seen.certain > RUNS && seen.open > RUNS, `${JSON.stringify(seen)}: too few to show anything`);
  });

  test("a comparison of bytes is open where nobody knows the IP version", () => {
    const segment = fc.sample(
      packet.filter(({ family, tcp }) => family === 4 && tcp === "readable"),
      1,
    )[0];
    assert(segment !== undefined);
    const [beside] = fc.sample(facts, 1);
    assert(beside !== undefined);
    const of = { ...segment, ...beside, holes: new Set(["family"]) };
    for (const [relation, expected] of [
      [byteOf("ip"), YES | NO],
      [byteOf("ip6"), YES | NO],
      [byteOf("tcp"), YES],
    ] as const)
      assert.equal(compileTest(relation, holedSource, { text: "" })(of, 0) & (YES | NO), expected);
  });
});

describe("refusedSource", () => {
  test("a SYN that was only counted has the answers of all that it may be", () => {
    const seen = { certain: 0, open: 0 };
    const property = fc.property(
      anyTree,
      fc.array(fc.tuple(refusedSyn, fc.nat()), { minLength: 5, maxLength: 5 }),
      (tree, events) => {
        const text = printFilter(tree);
        const test = compileTest(tree, refusedSource, { text });
        for (const [event, choice] of events)
          for (const less of knowingLess(event))
            count(seen, demandWithin(test(event, choice), test(less, choice), text));
      },
    );
    fc.assert(property, { numRuns: RUNS });
    assert(seen.certain > RUNS && seen.open > RUNS, `${JSON.stringify(seen)}: too few to show anything`);
  });
});

/** The answer that was given, which must hold all of the other. */
function demandWithin(whole: Answer, given: Answer, text: string): Answer {
  assert.equal(whole & ~given, 0, `${text}: ${given} leaves out ${whole & ~given}`);
  return given;
}

function count(seen: { certain: number; open: number }, answer: Answer): void {
  if (answer === YES || answer === NO || answer === REJECTED) seen.certain += 1;
  else seen.open += 1;
}

/** `HEADER[0] >= 0` */
function byteOf(header: "ip" | "ip6" | "tcp"): FilterNode {
  const at = { start: 0, end: 0 };
  const zero = { kind: "number", value: 0, at } as const;
  const byte = { kind: "bytes", header, offset: zero, size: 1, at } as const;
  return { kind: "relation", op: ">=", left: byte, right: zero, at };
}

function lookedUp(node: FilterNode): FilterNode {
  if (node.kind === "and" || node.kind === "or") return { ...node, of: node.of.map(lookedUp) };
  if (node.kind === "not") return { ...node, of: lookedUp(node.of) };
  if (node.kind === "cgroup")
    return { ...node, group: { id: 7n, level: 1, inside: [8n], outside: node.path === "/" ? [] : [1n] } };
  return node.kind === "netns" ? { ...node, inode: 4_026_531_840 } : node;
}

const dotted = (address: number): string => [24, 16, 8, 0].map((bits) => (address >>> bits) & 255).join(".");
const hextets = (words: readonly number[]): string =>
  words.flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]).join(":");

const addressesOf = fc.oneof(
  fc.record({ ip: fc.constant(4 as const), saddr: v4Text(), daddr: v4Text() }),
  fc.record({ ip: fc.constant(6 as const), saddr: v6Text(), daddr: v6Text() }),
);

function v4Text(): fc.Arbitrary<string> {
  return fc.constantFrom(...COMMON_V4).map(dotted);
}

function v6Text(): fc.Arbitrary<string> {
  return fc.constantFrom(...COMMON_V6).map(hextets);
}

const port = fc.constantFrom(...COMMON_PORTS);

/** One that was seen itself. */
const refusedSyn: fc.Arbitrary<RefusedEvent> = fc
  .record({
    addresses: addressesOf,
    sport: port,
    dport: port,
    cause: fc.constantFrom(...REFUSED_CAUSES),
    netns: fc.constantFrom(4_026_531_840, 7),
  })
  .map(({ addresses, sport, dport, cause, netns }) => ({
    ...refusedEach,
    flow: { ...addresses, sport, dport, addressSource: "packet", direction: "rx", tunnel: false },
    site: refusedSite("tcp_conn_request", cause),
    device: {
      netns,
      ifindex: undefined,
      ifname: undefined,
      outIfindex: undefined,
      outIfname: undefined,
      mtu: undefined,
    },
  }));

/** The same SYN as counted, by the sockets that can have taken it, or by one that is gone. */
function knowingLess(event: RefusedEvent): readonly RefusedEvent[] {
  const { flow } = event;
  assert(flow !== undefined);
  const counted = { ...flow, saddr: undefined, sport: undefined, addressSource: "socket" as const };
  const listeners =
    flow.ip === 4
      ? [
          counted,
          { ...counted, daddr: "0.0.0.0" },
          { ...counted, ip: 6 as const, daddr: `::ffff:${flow.daddr}` },
          { ...counted, ip: 6 as const, daddr: "::" },
        ]
      : [counted, { ...counted, daddr: "::" }];
  return [
    ...listeners.map((listener) => ({ ...event, flow: listener })),
    { ...event, flow: undefined },
    { ...event, flow: undefined, device: undefined },
  ];
}
