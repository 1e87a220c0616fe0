/**
 * Filters beside libpcap: for arbitrary expressions of the common language and arbitrary packets, tcpdump,
 * the predicate and the kernel say the same, apart from the differences that are listed here, and meant.
 *
 * It is tcpdump -O, whose program asks what was written. libpcap's optimizer leaves out loads whose value
 * does not matter, and with them rejections of packets that end before: where an expression cannot reject,
 * what it makes is compared too.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { needsRoot } from "../bpf/run-program.test.kit.ts";
import { FilterBench } from "../capture/core/filter-steps/run-filter.test.kit.ts";
import { FilterError } from "../errors.ts";
import {
  type Arithmetic,
  type FilterNode,
  headersOf,
  mayReject,
  parseFilter,
  printFilter,
  simplify,
} from "../filter-language/index.ts";
import { packetBytes } from "../filter-language/packet-bytes.test.kit.ts";
import { packetText } from "../filter-language/texts.test.kit.ts";
import { packetTree } from "../filter-language/trees.test.kit.ts";
import { NO_FACTS, packet, type ReadPacket, readPacket, testSource } from "./packets.test.kit.ts";
import { compilePredicate } from "./predicate.ts";
import { Capture, needsTcpdump } from "./tcpdump.test.kit.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 40;
const PACKETS = 400;
/** Of these each expression asks so many in the kernel, and all elsewhere. */
const IN_KERNEL = 40;

/** What libpcap says otherwise on purpose, or by mistake. */
const DIFFERENCES = {
  "tcp behind extension headers: libpcap looks at IPv6's first header alone": (
    _tree: FilterNode,
    { extended }: ReadPacket,
  ) => extended,
  "tcp[...] of IPv6: libpcap knows it of IPv4 alone": (tree: FilterNode, { family }: ReadPacket) =>
    family === 6 && asksTcpBytes(tree),
  "a TCP header that is cut off: what is left of it counts for libpcap": (
    tree: FilterNode,
    { tcp, bytes, headerLength }: ReadPacket,
  ) => tcp === "unreadable" && (bytes.length > headerLength || asksTcpBytes(tree)),
  "bytes on the right of an operator: libpcap forgets to ask for their protocol": (tree: FilterNode) =>
    relationsOf(tree).some(isForgotten),
} as const;

function relationsOf(node: FilterNode): readonly Extract<FilterNode, { kind: "relation" }>[] {
  if (node.kind === "and" || node.kind === "or") return node.of.flatMap(relationsOf);
  return node.kind === "not" ? relationsOf(node.of) : node.kind === "relation" ? [node] : [];
}

function asksTcpBytes(tree: FilterNode): boolean {
  return relationsOf(tree).some(({ left, right }) =>
    [left, right].some((side) => headersOf(side).includes("tcp")),
  );
}

/**
 * gen_arth() in gencode.c keeps the protocol checks of its left operand, and drops those of the right one.
 */
function rememberedBy(node: Arithmetic): readonly string[] {
  switch (node.kind) {
    case "bytes":
      return [node.header, ...rememberedBy(node.offset)];
    case "negate":
      return rememberedBy(node.of);
    case "binary":
      return rememberedBy(node.left);
    default:
      return [];
  }
}

function isForgotten({ left, right }: Extract<FilterNode, { kind: "relation" }>): boolean {
  const remembered = [...rememberedBy(left), ...rememberedBy(right)];
  return [...headersOf(left), ...headersOf(right)].some((header) => !remembered.includes(header));
}

const isListed = (tree: FilterNode, of: ReadPacket): boolean =>
  Object.values(DIFFERENCES).some((differs) => differs(tree, of));

/** Expressions that libpcap refuses although they mean something. */
const REFUSED = /shift by more than 31 bits|division by zero|modulus by zero|too many registers/;

function facts(of: ReadPacket): ReadPacket & typeof NO_FACTS {
  return { ...NO_FACTS, ...of };
}

class Comparison implements Disposable {
  readonly counted = {
    expressions: 0,
    refused: 0,
    "too deep for the kernel": 0,
    verdicts: 0,
    accepted: 0,
    "in the kernel": 0,
    listed: 0,
    optimized: 0,
  };
  readonly #packets: readonly ReadPacket[];
  readonly #capture: Capture;
  readonly #bench = new FilterBench();

  constructor(packets: readonly ReadPacket[]) {
    this.#packets = packets;
    this.#capture = new Capture(packets);
  }

  /** `from`: the first of the packets that the kernel is asked about. */
  compare(text: string, from: number): void {
    const theirs = this.#capture.accepted(text);
    if (typeof theirs === "string") {
      assert.match(theirs, REFUSED, text);
      this.counted.refused += 1;
      return;
    }
    this.counted.expressions += 1;
    const { root: tree } = parseFilter(text);
    const predicate = compilePredicate(tree, testSource, { text });
    const ours = this.#packets.map((of) => predicate(facts(of)));
    for (const [place, of] of this.#packets.entries()) {
      if (isListed(tree, of)) this.counted.listed += 1;
      else assert.equal(ours[place], theirs.has(place), this.#where(text, place));
    }
    this.counted.verdicts += ours.length;
    this.counted.accepted += ours.filter((accepts) => accepts).length;
    if (!mayReject(tree)) this.#askOptimizer(text, theirs);
    this.#askKernel(tree, text, ours, from);
  }

  #askOptimizer(text: string, theirs: ReadonlySet<number>): void {
    const optimized = this.#capture.accepted(text, true);
    // It may find that out, or that what is no constant in the text is one: `len >> - 1`.
    if (typeof optimized === "string" && REFUSED.test(optimized)) return;
    if (typeof optimized === "string")
      assert(/rejects all packets/.test(optimized) && theirs.size === 0, `${text}: ${optimized}`);
    else assert.deepEqual(optimized, theirs, text);
    this.counted.optimized += 1;
  }

  #askKernel(root: FilterNode, text: string, ours: readonly boolean[], from: number): void {
    using kernel = loadOrNot(this.#bench, root);
    if (kernel === undefined) {
      this.counted["too deep for the kernel"] += 1;
      return;
    }
    for (const [index, of] of this.#packets.slice(from, from + IN_KERNEL).entries())
      assert.equal(
        kernel.run(of) === "accepted",
        ours[from + index],
        `the kernel: ${this.#where(text, from + index)}`,
      );
    this.counted["in the kernel"] += IN_KERNEL;
  }

  #where(text: string, place: number): string {
    return `${text}\npacket ${place}: ${Buffer.from(this.#packets[place]?.bytes ?? []).toString("hex")}`;
  }

  [Symbol.dispose](): void {
    this.#capture[Symbol.dispose]();
    this.#bench[Symbol.dispose]();
  }
}

describe("beside libpcap", { skip: needsTcpdump === false ? needsRoot : needsTcpdump }, () => {
  test("tcpdump, the predicate and the kernel accept the same packets", { timeout: 3_600_000 }, (t) => {
    using comparison = new Comparison(fc.sample(packet, { numRuns: PACKETS, seed: 7 }));
    const from = fc.nat({ max: PACKETS - IN_KERNEL });
    // Half of them are trees, written with all that they stand for, and half as people write them.
    fc.assert(
      fc.property(packetTree, from, (tree, first) => comparison.compare(printFilter(tree), first)),
      { numRuns: RUNS / 2 },
    );
    fc.assert(
      fc.property(packetText, from, (text, first) => comparison.compare(text, first)),
      { numRuns: RUNS / 2 },
    );
    const { counted } = comparison;
    t.diagnostic(JSON.stringify(counted));
    assert(
      counted.refused < RUNS / 10 && counted["too deep for the kernel"] < RUNS / 10,
      "nearly all expressions are compared",
    );
    assert(counted.listed < counted.verdicts / 2, "most verdicts are compared");
    assert(
      counted.accepted > counted.verdicts / 10 && counted.accepted < (counted.verdicts * 9) / 10,
      "filters accept some packets and not others",
    );
  });

  /** An expression, a packet, and what libpcap and we say. */
  const V6 = packetBytes({ saddr: "::1", daddr: "::2", sport: 1, dport: 2, flags: ["SYN"] });
  const V4 = packetBytes({ saddr: "10.0.0.1", daddr: "10.0.0.2", sport: 1, dport: 2, flags: ["SYN"] });
  const HOP_BY_HOP = Uint8Array.from([
    ...V6.subarray(0, 4),
    0,
    28,
    0,
    64,
    ...V6.subarray(8, 40),
    6,
    0,
    1,
    4,
    0,
    0,
    0,
    0,
    ...V6.subarray(40),
  ]);
  const SHOWN: Readonly<
    Record<keyof typeof DIFFERENCES, readonly (readonly [string, Uint8Array, theirs: boolean])[]>
  > = {
    "tcp behind extension headers: libpcap looks at IPv6's first header alone": [
      ["tcp", HOP_BY_HOP, false],
      ["dst port 2", HOP_BY_HOP, false],
      ["ip6 proto 6", HOP_BY_HOP, false],
    ],
    "tcp[...] of IPv6: libpcap knows it of IPv4 alone": [["tcp[13] == 2", V6, false]],
    "a TCP header that is cut off: what is left of it counts for libpcap": [
      ["dst port 2", V4.subarray(0, 32), true],
    ],
    "bytes on the right of an operator: libpcap forgets to ask for their protocol": [
      ["1 + ip[0] == 97", V6, true],
    ],
  };

  for (const [title, cases] of Object.entries(SHOWN))
    test(`is said otherwise: ${title}`, () => {
      for (const [text, bytes, theirs] of cases) {
        const of = readPacket({ bytes, totalLength: Math.max(bytes.length, bytes[0] === 0x45 ? 40 : 0) });
        using capture = new Capture([of]);
        const { root } = parseFilter(text);
        const accepted = capture.accepted(text);
        assert(typeof accepted !== "string");
        assert.equal(accepted.has(0), theirs, text);
        assert.equal(compilePredicate(root, testSource, { text })(facts(of)), !theirs, text);
        assert(isListed(root, of), text);
      }
    });
});

/** Arithmetic that keeps too many values is refused, in words. */
function loadOrNot(bench: FilterBench, root: FilterNode): ReturnType<FilterBench["load"]> | undefined {
  try {
    return bench.load(simplify(root));
  } catch (failure) {
    if (failure instanceof FilterError && /keeps more than/.test(failure.message)) return undefined;
    throw failure;
  }
}
