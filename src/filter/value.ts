/** Arithmetic of the language as closures: 32 bits without sign, NaN where a value is not there. */
import { FilterError } from "../errors.ts";
import { type Arithmetic, type ArithmeticOp, calculate } from "../filter-language/index.ts";
import type { NumberSource } from "./source.ts";

export type Value<T> = (of: T) => number;

/** A FilterError where the source has no such thing for any packet. */
export function compileValue<T>(node: Arithmetic, source: NumberSource<T>, text: string): Value<T> {
  switch (node.kind) {
    case "number": {
      const { value } = node;
      return () => value;
    }
    case "len":
      return source.len ?? missing(node, "the length of the packet", text);
    case "payload":
      return source.payload;
    case "bytes": {
      const { header, size } = node;
      const bytes = source.bytes ?? missing(node, "bytes of headers", text);
      const offset = compileValue(node.offset, source, text);
      return (of) => {
        const from = offset(of);
        return Number.isNaN(from) ? from : bytes(of, header, from, size);
      };
    }
    case "negate": {
      const value = compileValue(node.of, source, text);
      return (of) => {
        const given = value(of);
        return Number.isNaN(given) ? given : -given >>> 0;
      };
    }
    case "binary":
      return compileBinary(
        node.op,
        compileValue(node.left, source, text),
        compileValue(node.right, source, text),
      );
  }
}

function compileBinary<T>(op: ArithmeticOp, left: Value<T>, right: Value<T>): Value<T> {
  return (of) => {
    const [a, b] = [left(of), right(of)];
    return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : (calculate(op, a, b) ?? Number.NaN);
  };
}

function missing({ at }: Arithmetic, what: string, text: string): never {
  throw new FilterError({
    text,
    ...at,
    problem: `An event does not keep ${what}: this can only be asked in the kernel`,
  });
}
