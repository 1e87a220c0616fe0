import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { MAX_TOLD } from "../capture/core/filter-steps/index.ts";
import { type FilterNode, parseFilter, printFilter, resolveFilter } from "../filter-language/index.ts";
import { anyTree } from "../filter-language/trees.test.kit.ts";
import { DIRECTIONS, DROP_CLASSES } from "../model/index.ts";
import { type Answer, mayBeYes, NO, REJECTED, YES } from "./answer.ts";
import { type EventFacts, NO_FACTS, packet, type ReadPacket, testSource } from "./packets.test.kit.ts";
import { type FilterPlan, planFilter } from "./plan.ts";

import { compilePredicate, compileTest } from "./predicate.ts";
import { UNKNOWN } from "./source.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 10;
const REASONS = new Map([
  [2, "NOT_SPECIFIED"],
  [3, "NO_SOCKET"],
  [5, "TCP_CSUM"],
]);
const LOOKUPS = {
  reasons: () => REASONS,
  inferredReasons: ["TCP_RESET"],
  netns: () => 7,
  cgroup: () => ({ id: 7n, level: 1, inside: [8n], outside: [1n] }),
};

function plan(text: string): FilterPlan {
  return planFilter(resolveFilter(parseFilter(text), LOOKUPS), { reasons: true });
}

const show = (node: FilterNode | undefined): string => (node === undefined ? "" : printFilter(node));

const DEEP = "port 1 or (iface b and (port 2 or (iface c and (port 3 or iface d))))";

/** What each part of the program asks, and what is left: early, late, weak, told, rest. */
const PLANS: readonly (readonly [string, string, string, string, readonly string[], string])[] = [
  ["port 80", "port 80", "", "", [], ""],
  ["port 80 and state LISTEN", "port 80", "state LISTEN", "", [], ""],
  ["port 80 or state LISTEN", "", "port 80 or state LISTEN", "", [], ""],
  ["reason NO_SOCKET and cpu-comm x", "reason NO_SOCKET and cpu-comm x", "", "", [], ""],
  ["class loss", "", "", "", [], "class loss"],
  ["class loss and port 80 and iface lo", "port 80", "iface lo", "", [], "class loss"],
  // Whose name nobody knows may be meant: the kernel's bits have no third answer.
  [
    "not (class loss and port 80 and iface lo)",
    "",
    "",
    "",
    ["port 80"],
    "not (class loss and port 80 and iface lo)",
  ],
  ["class loss or port 80", "", "", "", ["port 80"], "class loss or port 80"],
  [
    "(class loss and port 80) or (class copy and port 443)",
    "",
    "",
    "port 80 or port 443",
    ["port 80", "port 443"],
    "(class loss and port 80) or (class copy and port 443)",
  ],
  ["not (class loss and port 80)", "", "", "", ["port 80"], "not (class loss and port 80)"],
  ["not (class loss or port 80)", "", "", "not port 80", ["port 80"], "not (class loss or port 80)"],
  // Four lists within lists are asked twice where nobody knows the interface, and no more.
  [
    "((iface a or port 1) and iface b and port 2) or (iface c and (port 3 or ip))",
    "",
    "((iface a or port 1) and iface b and port 2) or (iface c and (port 3 or ip))",
    "",
    [],
    "",
  ],
  [`ip and (${DEEP})`, "ip", "", DEEP, ["port 1", "port 2", "port 3"], DEEP],
  ["direction tx and ip[8] < 5", "ip[8] < 5", "direction tx", "", [], ""],
  ["direction rx and len > 5", "len > 5", "", "", [], "direction rx"],
  ["tcp", "", "", "", [], ""],
  ["cause LISTEN_DROP", "false", "", "", [], ""],
  ["not cause LISTEN_DROP and port 80", "port 80", "", "", [], ""],
  // The kernel learns the answers of owners, and lets pass what it does not know.
  ["unit a", "", "", "unit a", [], "unit a"],
  ["not pod a and port 80", "port 80", "", "not pod a", [], "not pod a"],
  [
    "(class loss and unit a) or port 80",
    "",
    "",
    "unit a or port 80",
    ["port 80"],
    "(class loss and unit a) or port 80",
  ],
  ["not (class loss and unit a)", "", "", "", [], "not (class loss and unit a)"],
  ["cause LISTEN_DROP or class loss and port 80", "port 80", "", "", [], "class loss"],
];

describe("planFilter", () => {
  test("has each question for the owner once, and as many as a word has bits for", () => {
    const asked = (text: string): readonly string[] =>
      plan(text).kernel.answers.map(({ word, value }) => `${word} ${value}`);
    assert.deepEqual(asked("unit a or (class loss and not unit a) or pod b"), ["unit a", "pod b"]);
    assert.deepEqual(asked("uid 1 and port 80"), []);
    const many = Array.from({ length: 40 }, (_unused, at) => `unit u${at}`).join(" or ");
    assert.equal(asked(many).length, 32);
    assert.equal(plan(many).kernel.weak, undefined);
  });

  for (const [text, early, late, weak, told, rest] of PLANS)
    test(`divides ${JSON.stringify(text)}`, () => {
      const { kernel, rest: left } = plan(text);
      assert.deepEqual(
        [show(kernel.early), show(kernel.late), show(kernel.weak), kernel.told.map(show), show(left)],
        [early, late, weak, told, rest],
      );
    });

  test("leaves reasons to user space where the kernel tells none", () => {
    const filter = resolveFilter(parseFilter("reason TCP_RESET and port 80"), {
      ...LOOKUPS,
      reasons: undefined,
    });
    const { kernel, rest } = planFilter(filter, { reasons: false });
    assert.deepEqual([show(kernel.early), show(rest)], ["port 80", "reason TCP_RESET"]);
  });

  test("refuses a filter that accepts no drop", () => {
    for (const text of [
      "udp",
      "arp or udp",
      "tcp and icmp",
      "ip proto 17",
      "1 == 2",
      "port 53 and udp",
      "flags syn and udp",
      "ip and ip6",
      "port 1 and udp or port 2 and arp",
    ])
      assert.throws(() => plan(text), { name: "FilterError", message: /accepts no drop/ }, text);
  });

  test("lets the kernel tell what it alone can, and then what there is room for", () => {
    const many = (count: number, part: (index: number) => string): string =>
      `class loss or ${Array.from({ length: count }, (_unused, index) => `(class copy and ${part(index)})`).join(" or ")}`;
    const told = plan(
      `${many(MAX_TOLD + 5, (index) => `mark ${index}`)} or (class copy and ip[8] == 1)`,
    ).kernel.told.map(show);
    assert.equal(told.length, MAX_TOLD);
    assert.equal(told.at(-1), "ip[8] == 1");
    assert.equal(plan(many(MAX_TOLD, (index) => `ip[${index}] == 1`)).kernel.told.length, MAX_TOLD);
    assert.throws(() => plan(many(MAX_TOLD + 1, (index) => `ip[${index}] == 1`)), {
      name: "FilterError",
      message: /more than 16 places/,
    });
  });

  const facts: fc.Arbitrary<EventFacts> = fc.record({
    reason: fc.constant("NO_SOCKET"),
    reasonCode: fc.constant(3),
    class: fc.constantFrom(...DROP_CLASSES),
    state: fc.constantFrom(undefined, "LISTEN"),
    direction: fc.constantFrom(...DIRECTIONS),
    netns: fc.constantFrom(undefined, 7),
    "cpu-pid": fc.nat({ max: 3 }),
    "cpu-comm": fc.constantFrom("nginx", "lo"),
    uid: fc.constantFrom(undefined, 0, 1),
    cgroup: fc.constantFrom(undefined, 1n, 7n, 8n),
    iface: fc.constantFrom(undefined, UNKNOWN, "lo", "eth0"),
    "out-iface": fc.constantFrom(undefined, "lo", "eth0"),
    mark: fc.nat({ max: 0xffff_ffff }),
    location: fc.constantFrom("tcp_v4_rcv+0x5", "0xffffffff81000000"),
    locationAddress: fc.constantFrom(0xffffffff81000000n, 1n),
  });

  test("the parts together accept what the whole accepts", () => {
    const counted = { accepted: 0, "refused by the kernel": 0, "refused in user space": 0 };
    const property = fc.property(
      anyTree,
      fc.array(fc.tuple(packet, facts), { minLength: 5, maxLength: 5 }),
      (tree, drops) => {
        const text = printFilter(tree);
        const resolved = resolvedOrNot({ text, root: tree });
        if (resolved === undefined) return;
        const options = { text };
        const whole = compilePredicate(resolved.root, testSource, options);
        const divided = askParts(resolved);
        for (const [segment, beside] of drops) {
          const of = { ...NO_FACTS, ...segment, ...beside };
          const found = divided(of);
          counted[found] += 1;
          assert.equal(
            found === "accepted",
            whole(of),
            `${text}\n${inspect({ ...resolved.kernel, rest: show(resolved.rest) })}`,
          );
        }
      },
    );
    fc.assert(property, { numRuns: RUNS });
    for (const [what, count] of Object.entries(counted)) assert(count > RUNS / 20, `${count} ${what}`);
  });
});

type Of = ReadPacket & EventFacts;

/** Asks as kernel and user space do, one after the other. */
function askParts({
  text,
  kernel,
  rest,
  told,
}: FilterPlan): (of: Of) => "accepted" | "refused by the kernel" | "refused in user space" {
  const ask = (part: FilterNode | undefined): ((of: Of) => Answer) => {
    const compiled = part === undefined ? undefined : compileTest(part, testSource, { text });
    return (of) => compiled?.(of, 0) ?? YES;
  };
  const [early, late, weak] = [ask(kernel.early), ask(kernel.late), ask(kernel.weak)];
  const tells = kernel.told.map(ask);
  const left = rest === undefined ? () => true : compilePredicate(rest, testSource, { text, told });
  const bits = (of: Of): number =>
    tells.reduce((sum, tell, index) => (sum | (toldBits(tell(of)) * 2 ** (2 * index))) >>> 0, 0);
  return (of) => {
    if (!mayBeYes(early(of)) || !mayBeYes(late(of)) || weak(of) === NO) return "refused by the kernel";
    return left(of, bits(of)) ? "accepted" : "refused in user space";
  };
}

/** As the kernel has them: yes, and rejected. */
function toldBits(answer: Answer): number {
  if (mayBeYes(answer)) return 1;
  return (answer & REJECTED) === 0 ? 0 : 2;
}

/** Trees that accept nothing are none, and so are those that ask for too much. */
function resolvedOrNot(filter: { readonly text: string; readonly root: FilterNode }): FilterPlan | undefined {
  const named = (node: FilterNode): FilterNode => {
    if (node.kind === "and" || node.kind === "or") return { ...node, of: node.of.map(named) };
    if (node.kind === "not") return { ...node, of: named(node.of) };
    return node.kind === "reason" ? { ...node, pattern: "NO_*" } : node;
  };
  try {
    return planFilter(resolveFilter({ ...filter, root: named(filter.root) }, LOOKUPS), { reasons: true });
  } catch (failure) {
    if (failure instanceof Error && /accepts no drop|more than 16 places/.test(failure.message))
      return undefined;
    throw failure;
  }
}
