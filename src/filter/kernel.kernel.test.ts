/**
 * The kernel's answers beside those of user space, for arbitrary trees and packets: each filter is verified
 * and run by the running kernel.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { needsRoot } from "../bpf/run-program.test.kit.ts";
import { DIRECTION } from "../capture/core/facts.ts";
import { FilterBench } from "../capture/core/filter-steps/run-filter.test.kit.ts";
import { transitDevice } from "../capture/core/transit.ts";
import { FilterError } from "../errors.ts";
import { type FilterNode, printFilter, simplify } from "../filter-language/index.ts";
import { anyTree, COMMON_NAMES } from "../filter-language/trees.test.kit.ts";
import { TCP_STATES } from "../model/index.ts";
import { type Answer, mayBeYes, NO, REJECTED } from "./answer.ts";
import { type EventFacts, NO_FACTS, packet, type ReadPacket, testSource } from "./packets.test.kit.ts";
import { compileTest } from "./predicate.ts";
import { UNKNOWN } from "./source.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 20;

const facts = fc.record({
  reasonCode: fc.nat({ max: 5 }),
  state: fc.constantFrom(...TCP_STATES),
  direction: fc.constantFrom("unknown" as const, "tx" as const),
  netns: fc.constantFrom(undefined, 4_026_531_840),
  // Often unknown: it is what the kernel has no answer to.
  iface: fc.constantFrom(undefined, UNKNOWN, UNKNOWN, UNKNOWN, ...COMMON_NAMES),
  "out-iface": fc.constantFrom(undefined, ...COMMON_NAMES),
  mark: fc.nat({ max: 0xffff_ffff }),
  uid: fc.constantFrom(undefined, 0, 1, 2),
  cgroup: fc.constantFrom(undefined, 1n, 7n),
});
type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never;

const SELF = { "cpu-pid": process.pid, "cpu-comm": readFileSync("/proc/self/comm", "utf8").trim() };

/** What the program would have found. The name's tail is what an interface was called before. */
function foundOf({ state, direction, netns, iface, "out-iface": outIface }: Facts) {
  return {
    ifindex: iface === undefined ? 0 : 1,
    state: Math.max(0, TCP_STATES.indexOf(state)),
    facts: {
      direction: DIRECTION[direction],
      netnsInum: netns ?? 0,
      transit: outIface === undefined ? 0 : 1,
    },
    ifname: nameBytes(typeof iface === "string" ? iface : ""),
    transit: transitDevice.encode({ ifname: nameBytes(outIface ?? ""), ifindex: 2 }),
  };
}

function nameBytes(name: string): Uint8Array {
  const bytes = new Uint8Array(16).fill(0x78);
  bytes.set(new TextEncoder().encode(`${name}\0`));
  return bytes;
}

/** What has been looked up, and what the kernel can be asked. */
function resolved(node: FilterNode): FilterNode {
  switch (node.kind) {
    case "and":
    case "or":
      return { ...node, of: node.of.map(resolved) };
    case "not":
      return { ...node, of: resolved(node.of) };
    case "reason":
      return { ...node, pattern: "3", codes: [3] };
    case "netns":
      return { ...node, inode: 4_026_531_840 };
    case "cgroup":
      return { ...node, group: { id: 7n, level: 1, inside: [], outside: [1n] } };
    case "cpu-pid":
      return { ...node, pid: node.pid % 2 === 0 ? process.pid : node.pid };
    case "cpu-comm":
      return { ...node, name: node.name === "nginx" ? SELF["cpu-comm"] : node.name };
    case "direction":
      return { ...node, name: node.name === "tx" ? "tx" : "unknown" };
    case "field":
    case "owner":
    case "location":
      return { kind: "constant", value: true, at: node.at };
    default:
      return node;
  }
}

describe("filters on the kernel", { skip: needsRoot }, () => {
  test("answer as those of user space", () => {
    using bench = new FilterBench();
    const counted = { accepted: 0, "not accepted": 0, rejected: 0, "too deep": 0 };
    const property = fc.property(
      anyTree,
      fc.array(fc.tuple(packet, facts), { minLength: 10, maxLength: 10 }),
      (written, drops) => {
        const tree = simplify(resolved(written));
        const test = compileTest(tree, testSource, { text: "" });
        const loaded = loadOrNot(bench, tree);
        if (loaded === undefined) {
          counted["too deep"] += 1;
          return;
        }
        using filter = loaded;
        for (const [segment, beside] of drops) {
          const possible = foundIn(test(allOf(segment, beside), 0));
          const found = filter.run({ ...segment, ...beside, ...foundOf(beside) });
          assert(
            possible.some((one) => one === found),
            `${found}, not ${possible.join(" or ")}: ${printFilter(tree)}\n${inspect(beside)} ${Buffer.from(segment.bytes).toString("hex")}`,
          );
          for (const one of possible) if (one === found) counted[one] += 1;
        }
      },
    );
    fc.assert(property, { numRuns: RUNS });
    for (const [what, count] of Object.entries(counted))
      if (what !== "too deep") assert(count > RUNS / 4, `${count} ${what}`);
    assert(counted["too deep"] < RUNS / 20, `${counted["too deep"]} trees were refused`);
  });
});

/**
 * What the program may find. It accepts all that may be accepted; where no answer is yes and nobody knows
 * which of the others it is, either is right: the drop is not shown.
 */
function foundIn(answer: Answer): readonly ("accepted" | "not accepted" | "rejected")[] {
  if (mayBeYes(answer)) return ["accepted"];
  const no = (answer & NO) === 0 ? [] : (["not accepted"] as const);
  return (answer & REJECTED) === 0 ? no : [...no, "rejected"];
}

/** Arithmetic that keeps too many values is refused, in words. */
function loadOrNot(bench: FilterBench, tree: FilterNode): ReturnType<FilterBench["load"]> | undefined {
  try {
    return bench.load(tree);
  } catch (failure) {
    if (failure instanceof FilterError && /keeps more than/.test(failure.message)) return undefined;
    throw failure;
  }
}

function allOf(segment: ReadPacket, beside: Facts): ReadPacket & EventFacts {
  return { ...NO_FACTS, ...SELF, ...segment, ...beside, direction: beside.direction };
}
