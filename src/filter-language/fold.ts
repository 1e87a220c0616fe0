/** Arithmetic on constants, done beforehand: 32 bits without sign, as the packet program would do it. */
import {
  type Arithmetic,
  type ArithmeticOp,
  type FilterNode,
  frozen,
  type Relation,
  type RelationOp,
} from "./tree.ts";

/** What an operator makes of two numbers; undefined where it divides by zero, which rejects the packet. */
export function calculate(op: ArithmeticOp, left: number, right: number): number | undefined {
  switch (op) {
    case "+":
      return (left + right) >>> 0;
    case "-":
      return (left - right) >>> 0;
    case "*":
      return Math.imul(left, right) >>> 0;
    case "/":
      return right === 0 ? undefined : Math.floor(left / right);
    case "%":
      return right === 0 ? undefined : left % right;
    case "&":
      return (left & right) >>> 0;
    case "|":
      return (left | right) >>> 0;
    case "^":
      return (left ^ right) >>> 0;
    case "<<":
      return right > 31 ? 0 : (left << right) >>> 0;
    case ">>":
      return right > 31 ? 0 : left >>> right;
  }
}

export function compare(op: RelationOp, left: number, right: number): boolean {
  switch (op) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

function foldArithmetic(node: Arithmetic): Arithmetic {
  switch (node.kind) {
    case "bytes":
      return frozen({ ...node, offset: foldArithmetic(node.offset) });
    case "negate": {
      const of = foldArithmetic(node.of);
      return of.kind === "number"
        ? frozen({ kind: "number", value: -of.value >>> 0, at: node.at })
        : frozen({ ...node, of });
    }
    case "binary": {
      const [left, right] = [foldArithmetic(node.left), foldArithmetic(node.right)];
      const value =
        left.kind === "number" && right.kind === "number"
          ? calculate(node.op, left.value, right.value)
          : undefined;
      return value === undefined
        ? frozen({ ...node, left, right })
        : frozen({ kind: "number", value, at: node.at });
    }
    default:
      return node;
  }
}

const MIRRORED: Readonly<Record<RelationOp, RelationOp>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** A lone number is put on the right. */
export function foldRelation(node: Relation): FilterNode {
  const [left, right] = [foldArithmetic(node.left), foldArithmetic(node.right)];
  if (left.kind === "number" && right.kind === "number")
    return frozen({ kind: "constant", value: compare(node.op, left.value, right.value), at: node.at });
  return left.kind === "number"
    ? frozen({ ...node, op: MIRRORED[node.op], left: right, right: left })
    : frozen({ ...node, left, right });
}

/**
 * True where the value may not be there, and the packet is rejected for it: bytes behind its end, a payload
 * that is not known, a division by zero.
 */
export function mayFail(node: Arithmetic): boolean {
  switch (node.kind) {
    case "bytes":
    case "payload":
      return true;
    case "negate":
      return mayFail(node.of);
    case "binary":
      return (
        ((node.op === "/" || node.op === "%") && !(node.right.kind === "number" && node.right.value !== 0)) ||
        mayFail(node.left) ||
        mayFail(node.right)
      );
    default:
      return false;
  }
}

/**
 * The headers that a value is made of: without one of them the relation is false. A payload asks for TCP's.
 */
export function headersOf(node: Arithmetic): readonly ("ip" | "ip6" | "tcp")[] {
  switch (node.kind) {
    case "bytes":
      return [node.header, ...headersOf(node.offset)];
    case "payload":
      return ["tcp"];
    case "negate":
      return headersOf(node.of);
    case "binary":
      return [...headersOf(node.left), ...headersOf(node.right)];
    default:
      return [];
  }
}
