/**
 * Arithmetic of the language: 32 bits without sign, in 64-bit registers.
 *
 * A value is an expression where loads at constant offsets suffice. What needs more (an offset that is
 * computed, a test for zero) is kept on the stack, and so is what stands on the right of an operator and is
 * not one load.
 */
import { type Label, Scalar, type Size } from "../../../bpf/index.ts";
import {
  type Arithmetic,
  type BinaryNode,
  type BytesNode,
  calculate,
} from "../../../filter-language/index.ts";
import { ADDRESS_SOURCE } from "../facts.ts";
import { IPV4_BYTES, IPV6_BYTES, TCP_BYTES } from "../packet-walk.ts";
import type { FilterCode } from "./filter-code.ts";

/** Bytes of each header that have been read, and can be loaded from where they are. */
const HEADER_BYTES = { ip: IPV4_BYTES, ip6: IPV6_BYTES, tcp: TCP_BYTES } as const;
const U32_BITS = 32;

/** `kept` is the first variable that is free. Goes to `reject` where the value is not there. */
export function compileValue(code: FilterCode, node: Arithmetic, kept: number, reject: Label): Scalar {
  switch (node.kind) {
    case "number":
      return Scalar.constant(node.value);
    case "len":
      return packetLength(code, code.slot(kept, node.at));
    case "payload":
      return payloadLength(code, code.slot(kept, node.at), code.slot(kept + 1, node.at));
    case "bytes":
      return compileBytes(code, node, kept, reject);
    case "negate":
      return wrapped(
        Scalar.constant(0).sub(keep(code, compileValue(code, node.of, kept, reject), kept, node)),
      );
    case "binary":
      return compileBinary(code, node, kept, reject);
  }
}

function compileBinary(code: FilterCode, node: BinaryNode, kept: number, reject: Label): Scalar {
  const { b } = code;
  let left = compileValue(code, node.left, kept, reject);
  const isSimpleRight = isLoad(node.right);
  // What comes on the right may call a helper, and needs slots of its own.
  if (!isSimpleRight) left = keep(code, left, kept, node);
  const right = isSimpleRight
    ? compileValue(code, node.right, kept + 1, reject)
    : keep(code, compileValue(code, node.right, kept + 1, reject), kept + 1, node);
  const constant = node.right.kind === "number" ? node.right.value : undefined;
  switch (node.op) {
    case "+":
      return wrapped(left.add(right));
    case "-":
      return wrapped(left.sub(right));
    case "*":
      return wrapped(left.mul(right));
    case "&":
      return left.and(right);
    case "|":
      return left.or(right);
    case "^":
      return left.xor(right);
    case "/":
    case "%":
      if (constant === undefined) b.jumpIf(right.isZero(), reject);
      else if (calculate(node.op, 0, constant) === undefined) b.jumpIf(Scalar.constant(0).isZero(), reject);
      // The verifier refuses a constant 0, which has led away by now.
      if (constant === 0) return left;
      return node.op === "/" ? left.div(right) : left.mod(right);
    case "<<":
    case ">>":
      return shift(code, node, { left, right, constant }, kept);
  }
}

interface Shifted {
  readonly left: Scalar;
  readonly right: Scalar;
  readonly constant: number | undefined;
}

/** By 32 and more nothing is left; a register's shift would take the lowest bits of its amount alone. */
function shift(code: FilterCode, node: BinaryNode, { left, right, constant }: Shifted, kept: number): Scalar {
  const by = (value: Scalar, amount: Scalar): Scalar =>
    node.op === "<<" ? wrapped(value.shiftLeft(amount)) : value.shiftRight(amount);
  if (constant !== undefined) return constant >= U32_BITS ? Scalar.constant(0) : by(left, right);
  const { b } = code;
  const slot = code.slot(kept, node.at);
  // Before the amount is kept: what is on the left may be made of that slot.
  b.set(slot, left);
  const amount = keep(code, right, kept + 1, node);
  b.if(
    amount.ge(U32_BITS),
    () => b.set(slot, 0),
    () => b.set(slot, by(slot, amount)),
  );
  return slot;
}

/** The lowest 32 bits. */
function wrapped(value: Scalar): Scalar {
  return value.shiftLeft(U32_BITS).shiftRight(U32_BITS);
}

export function keep(code: FilterCode, value: Scalar, kept: number, { at }: Arithmetic): Scalar {
  if (value.expression.kind === "constant" || value.expression.kind === "slot") return value;
  const slot = code.slot(kept, at);
  code.b.set(slot, value);
  return slot;
}

export function isLoad(node: Arithmetic): boolean {
  return node.kind === "number" || (node.kind === "bytes" && isThere(node));
}

/** Its bytes are among those of the header that have been read. */
function isThere({ header, offset, size }: BytesNode): boolean {
  return offset.kind === "number" && offset.value + size <= HEADER_BYTES[header];
}

function compileBytes(code: FilterCode, node: BytesNode, kept: number, reject: Label): Scalar {
  const { header, offset, size } = node;
  const view = header === "tcp" ? code.event.tcp : code.event.ip;
  if (offset.kind === "number" && isThere(node))
    return fromParts((bytes, at) => view.load(bytes, at), offset.value, size);
  return farBytes(code, node, kept, reject);
}

/** Bytes in network order, loaded in parts that lie as the stack wants them. */
function fromParts(load: (size: Size, at: number) => Scalar, at: number, size: 1 | 2 | 4): Scalar {
  if (size === 1) return load(1, at);
  if (at % size === 0) return load(size, at).fromBigEndian(size === 2 ? 16 : 32);
  const half = size === 2 ? 1 : 2;
  return fromParts(load, at, half)
    .shiftLeft(8 * half)
    .or(fromParts(load, at + half, half));
}

/**
 * Bytes somewhere in the linear part of the packet, after they have been bounded. As in pcap-filter, where
 * they are is a sum of 32 bits.
 */
function farBytes(
  code: FilterCode,
  { header, offset, size, at }: BytesNode,
  kept: number,
  reject: Label,
): Scalar {
  const { b } = code;
  const { skb, facts, access } = code.event;
  const slot = code.slot(kept, at);
  const from = compileValue(code, offset, kept, reject);
  b.set(slot, header === "tcp" ? wrapped(from.add(facts.get("headerLen"))) : from);
  b.jumpIf(slot.add(size).gt(facts.get("tail").sub(facts.get("l3"))), reject);
  b.set(slot, skb.head.add(facts.get("l3")).add(slot));
  if (access === "direct") {
    const loaded = new Scalar(
      { kind: "load", base: slot.expression, offset: 0, size, comment: `${header}[...]` },
      8 * size,
    );
    b.set(slot, ordered(loaded, size));
    return slot;
  }
  const buffer = code.key(8);
  b.jumpIf(b.probeReadKernel(buffer, size, slot, `${header}[...]`).notZero(), reject);
  b.set(slot, ordered(buffer.load(size, 0), size));
  return slot;
}

function ordered(value: Scalar, size: 1 | 2 | 4): Scalar {
  return size === 1 ? value : value.fromBigEndian(size === 2 ? 16 : 32);
}

/** Bytes from the IP header on that the skb has, beyond the linear part too. */
function bytesThere({ event: { skb, facts } }: FilterCode): Scalar {
  return skb.len.add(skb.data.sub(skb.head)).sub(facts.get("l3"));
}

/** As the IP header says it; a header that says 0 (BIG TCP) leaves it to the skb. */
function packetLength(code: FilterCode, slot: Scalar): Scalar {
  const { b } = code;
  b.set(slot, code.event.facts.get("totalLen"));
  b.if(slot.isZero(), () => b.set(slot, bytesThere(code)));
  return slot;
}

/** As sections/segment/segment-reader.ts computes it of a record. */
function payloadLength(code: FilterCode, slot: Scalar, other: Scalar): Scalar {
  const { b } = code;
  const { facts, tcp } = code.event;
  packetLength(code, slot);
  b.set(other, bytesThere(code));
  b.if(other.lt(slot), () => b.set(slot, other));
  b.set(other, tcp.load(1, 12).shiftRight(4).shiftLeft(2).add(facts.get("headerLen")));
  b.if(
    slot.gt(other),
    () => b.set(slot, slot.sub(other)),
    () => b.set(slot, 0),
  );
  return slot;
}

/** A header that is not in the packet yet, since the addresses are those of a socket, has no bytes. */
export function demandIpHeader(code: FilterCode, reject: Label): void {
  code.b.jumpIf(code.event.facts.get("addressSource").eq(ADDRESS_SOURCE.socket), reject);
}

/** The TCP header: there is none in a later fragment, and one that cannot be read rejects. */
export function demandTcpHeader({ b, event: { facts } }: FilterCode, no: Label, reject: Label): void {
  const there = b.label("tcp_header_there");
  b.jumpIf(facts.get("tcpReadable").notZero(), there);
  b.jumpIf(facts.get("fragment").notZero(), no);
  b.jump(reject);
  b.bind(there);
}
