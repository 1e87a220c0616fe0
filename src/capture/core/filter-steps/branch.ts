/**
 * A simplified tree as jumps of the program: `and` leaves at the first part that fails, `or` at the first
 * that holds, in the order in which they were written.
 *
 * Only conditions are asked, from memory that is read already where that suffices: no helper is called but
 * for bytes behind the first 20 of a header, long lists of networks, and the process on the CPU.
 */

import type { Condition, Scalar } from "../../../bpf/index.ts";
import { BuildError } from "../../../errors.ts";
import {
  type AndOr,
  type FilterNode,
  type FlagsNode,
  headersOf,
  type PortNode,
  type Relation,
  type RelationOp,
  someLeaf,
} from "../../../filter-language/index.ts";
import { branchOnAddress } from "./addresses.ts";
import { branchOnEvent } from "./event.ts";
import type { FilterCode } from "./filter-code.ts";
import { branchOnRanges } from "./ranges.ts";
import { atEnds, decide, opaqueJump, type Targets } from "./targets.ts";
import { compileValue, demandIpHeader, demandTcpHeader, isLoad, keep } from "./value.ts";

export function branch(code: FilterCode, node: FilterNode, targets: Targets): void {
  switch (node.kind) {
    case "and":
    case "or":
      return branchOnList(code, node, targets);
    case "not":
      return branch(code, node.of, {
        ...targets,
        yes: targets.no,
        no: targets.yes,
        next: targets.next === "yes" ? "no" : "yes",
        favours: targets.favours === "no" ? "yes" : "no",
      });
    case "constant":
      return branchOnConstant(code, node.value, targets);
    case "protocol":
      return decide(code.b, code.event.facts.get("version").eq(familyOf(node.name)), targets);
    case "address":
      return branchOnAddress(code, node, targets);
    case "port":
      return branchOnPort(code, node, targets);
    case "flags":
      return branchOnFlags(code, node, targets);
    case "relation":
      return branchOnRelation(code, node, targets);
    case "proto":
    case "multicast":
    case "loopback":
      throw new BuildError(`${node.kind} is gone from a simplified filter`);
    default:
      return branchOnEvent(code, node, targets);
  }
}

function familyOf(name: string): 4 | 6 {
  if (name !== "ip" && name !== "ip6") throw new BuildError(`${name} is gone from a simplified filter`);
  return name === "ip" ? 4 : 6;
}

function branchOnList(code: FilterCode, { kind, of }: AndOr, targets: Targets): void {
  const { b } = code;
  for (const [index, part] of of.entries()) {
    if (index === of.length - 1) {
      branch(code, part, targets);
      return;
    }
    const on = b.label("on");
    branch(
      code,
      part,
      kind === "and" ? { ...targets, yes: on, next: "yes" } : { ...targets, no: on, next: "no" },
    );
    b.bind(on);
  }
}

function branchOnConstant({ b }: FilterCode, value: boolean, { yes, no, next }: Targets): void {
  const far = next === "yes" ? no : yes;
  opaqueJump(b, value === (next === "yes") ? "not taken" : "taken", far);
}

const PORTS: Readonly<Record<"src" | "dst", number>> = { src: 0, dst: 2 };

function branchOnPort(code: FilterCode, { end, ranges }: PortNode, targets: Targets): void {
  const { b } = code;
  const { tcp } = code.event;
  demandTcpHeader(code, targets.no, targets.reject);
  atEnds(b, end, targets, (of, to) => {
    b.assign(code.searched, tcp.load(2, PORTS[of]).fromBigEndian(16), of === "src" ? "sport" : "dport");
    branchOnRanges(b, code.searched, ranges, to);
  });
}

function branchOnFlags(code: FilterCode, { set, clear }: FlagsNode, targets: Targets): void {
  demandTcpHeader(code, targets.no, targets.reject);
  decide(
    code.b,
    code.event.tcp
      .load(1, 13)
      .and(set | clear)
      .eq(set),
    targets,
  );
}

const COMPARE: Readonly<Record<RelationOp, (left: Scalar, right: Scalar) => Condition>> = {
  "==": (left, right) => left.eq(right),
  "!=": (left, right) => left.ne(right),
  "<": (left, right) => left.lt(right),
  "<=": (left, right) => left.le(right),
  ">": (left, right) => left.gt(right),
  ">=": (left, right) => left.ge(right),
};

function branchOnRelation(code: FilterCode, { op, left, right }: Relation, targets: Targets): void {
  const { b } = code;
  const version = code.event.facts.get("version");
  const headers = new Set([...headersOf(left), ...headersOf(right)]);
  if (headers.has("ip") && headers.has("ip6")) {
    branchOnConstant(code, false, targets);
    return;
  }
  if (headers.has("ip")) b.jumpIf(version.ne(4), targets.no);
  if (headers.has("ip6")) b.jumpIf(version.ne(6), targets.no);
  if (headers.has("tcp")) demandTcpHeader(code, targets.no, targets.reject);
  if (headers.has("ip") || headers.has("ip6")) demandIpHeader(code, targets.reject);
  let first = compileValue(code, left, 0, targets.reject);
  if (!isLoad(right)) first = keep(code, first, 0, left);
  decide(b, COMPARE[op](first, compileValue(code, right, 1, targets.reject)), targets);
}

/** What the parts of a filter ask for, so that the program has it by then. */
export function uses(node: FilterNode | undefined, kind: FilterNode["kind"]): boolean {
  return node !== undefined && someLeaf(node, (leaf) => leaf.kind === kind);
}
