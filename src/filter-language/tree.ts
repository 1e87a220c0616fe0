/**
 * A filter as a tree: frozen plain data, which the kernel program, the predicate in user space and the
 * printer are made from.
 *
 * Every node says where in the text it stands. The parser makes the tree as it was written; simplify.ts makes
 * another one that accepts the same drops, in which lists of ports and networks are one node each.
 */

/** Where in the text, in UTF-16 units: from and up to. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What the parser returns. */
export interface Filter {
  readonly text: string;
  readonly root: FilterNode;
}

/** Which end of the connection: `either` is pcap-filter's default. */
export type End = "either" | "src" | "dst" | "both";
export type Transport = "tcp" | "udp" | "sctp";
export type Family = 4 | 6;

/**
 * An IPv4 network; the mask can have holes. Both are 32-bit numbers without sign, and no bit of the address
 * is outside the mask.
 */
export interface Network4 {
  readonly family: 4;
  readonly address: number;
  readonly mask: number;
}
/** An IPv6 network: four 32-bit numbers, the first first; no bit is set behind the prefix. */
export interface Network6 {
  readonly family: 6;
  readonly address: readonly [number, number, number, number];
  readonly prefix: number;
}
export type Network = Network4 | Network6;

/** Both ends are in it. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Stands somewhere in the text. */
export interface Placed {
  readonly at: Span;
}

export interface AndOr extends Placed {
  readonly kind: "and" | "or";
  /** At least two. */
  readonly of: readonly FilterNode[];
}
export interface Not extends Placed {
  readonly kind: "not";
  readonly of: FilterNode;
}
export interface Constant extends Placed {
  readonly kind: "constant";
  readonly value: boolean;
}
/** `tcp`, `ip6`, `arp`: a row of PROTOCOLS in vocabulary.ts. */
export interface ProtocolNode extends Placed {
  readonly kind: "protocol";
  readonly name: string;
}
/** `ip proto 6`: what the IP header says comes next; without a family of either. */
export interface ProtoNode extends Placed {
  readonly kind: "proto";
  readonly family: Family | undefined;
  readonly number: number;
}
/** `src host 10.0.0.1`, `net 10.0.0.0/8`: one network, as long as nobody has simplified the tree. */
export interface AddressNode extends Placed {
  readonly kind: "address";
  readonly end: End;
  readonly networks: readonly Network[];
}
/** `tcp dst port 80`, `portrange 1-1023`: one range, as long as nobody has simplified the tree. */
export interface PortNode extends Placed {
  readonly kind: "port";
  readonly transport: Transport | undefined;
  readonly end: End;
  readonly ranges: readonly Range[];
}
/** `ip multicast`: a destination that is no single host's. */
export interface MulticastNode extends Placed {
  readonly kind: "multicast";
  readonly family: Family;
}

export type RelationOp = "==" | "!=" | "<" | "<=" | ">" | ">=";
export interface Relation extends Placed {
  readonly kind: "relation";
  readonly op: RelationOp;
  readonly left: Arithmetic;
  readonly right: Arithmetic;
}

export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>";
/** 32 bits without sign, as in pcap-filter. */
export type Arithmetic = NumberNode | BytesNode | LengthNode | BinaryNode | NegateNode;
export interface NumberNode extends Placed {
  readonly kind: "number";
  readonly value: number;
}
/** `tcp[13]`, `ip[2:2]`: bytes of a header, in network order. */
export interface BytesNode extends Placed {
  readonly kind: "bytes";
  readonly header: "ip" | "ip6" | "tcp";
  readonly offset: Arithmetic;
  readonly size: 1 | 2 | 4;
}
/** `len`: bytes from the IP header on. `payload`: bytes of TCP payload. */
export interface LengthNode extends Placed {
  readonly kind: "len" | "payload";
}
export interface BinaryNode extends Placed {
  readonly kind: "binary";
  readonly op: ArithmeticOp;
  readonly left: Arithmetic;
  readonly right: Arithmetic;
}
export interface NegateNode extends Placed {
  readonly kind: "negate";
  readonly of: Arithmetic;
}

/**
 * `reason NO_SOCKET`, `reason TCP_*`, `reason 3`. `codes` is what it means on the running kernel, once
 * somebody has looked it up.
 */
export interface ReasonNode extends Placed {
  readonly kind: "reason";
  readonly pattern: string;
  readonly codes?: readonly number[] | undefined;
}
/** `class loss`: a field of the event that has this value; `word` is what asks for it. */
export interface FieldNode extends Placed {
  readonly kind: "field";
  readonly word: string;
  readonly value: string | number | boolean;
}
export interface StateNode extends Placed {
  readonly kind: "state";
  readonly name: string;
}
/** `flags syn,!ack`: all bits of `set` and none of `clear`. */
export interface FlagsNode extends Placed {
  readonly kind: "flags";
  readonly set: number;
  readonly clear: number;
}
export interface DirectionNode extends Placed {
  readonly kind: "direction";
  readonly name: "rx" | "tx" | "forwarded" | "unknown";
}
/**
 * `netns 4026531840`, `netns blue`, `netns pid:1`. `inode` is what it means here, once somebody has looked it
 * up.
 */
export interface NetnsNode extends Placed {
  readonly kind: "netns";
  readonly which: string;
  readonly inode?: number | undefined;
}
/** The process that was on the CPU. */
export interface PidNode extends Placed {
  readonly kind: "cpu-pid";
  readonly pid: number;
}
/** `uid 33`: of who made the socket. */
export interface UidNode extends Placed {
  readonly kind: "uid";
  readonly uid: number;
}
/**
 * `cgroup system.slice/nginx.service`: the socket was made in this cgroup, or in one below. `group` is what the
 * path means here, once somebody has looked it up.
 */
export interface CgroupNode extends Placed {
  readonly kind: "cgroup";
  readonly path: string;
  readonly group?: CgroupGroup | undefined;
}
/** A cgroup of version 2, by its id; and the others, as they were when it was looked up. */
export interface CgroupGroup {
  readonly id: bigint;
  /** How far it is below the root, which is 0. */
  readonly level: number;
  /** Ids of those below it. */
  readonly inside: readonly bigint[];
  /** Ids of all that are neither. */
  readonly outside: readonly bigint[];
}
/** `cpu-comm nginx`: the thread that was on the CPU; at most 15 bytes. */
export interface CommNode extends Placed {
  readonly kind: "cpu-comm";
  readonly name: string;
}
export const OWNER_WORDS = ["owner", "pid", "unit", "container", "pod"] as const;
export type OwnerWord = (typeof OWNER_WORDS)[number];
/** `owner nginx`, `pid 1234`, `pod shop/web`: whose it is. `value` is the number of a process as digits. */
export interface OwnerNode extends Placed {
  readonly kind: "owner";
  readonly word: OwnerWord;
  readonly value: string;
}
/** `iface eth0`: at most 15 bytes. */
export interface IfaceNode extends Placed {
  readonly kind: "iface";
  readonly name: string;
}
/** `outer host 10.0.0.1`, `outer dst port 4789`: of the header around a tunnel packet. */
export interface OuterNode extends Placed {
  readonly kind: "outer";
  readonly of: AddressNode | PortNode;
}
export interface MarkNode extends Placed {
  readonly kind: "mark";
  readonly value: number;
  readonly mask: number;
}
/** `location tcp_v4_rcv`: a kernel function, or an address like 0xffffffff81000000. */
export interface LocationNode extends Placed {
  readonly kind: "location";
  readonly symbol: string;
}
/** An end at a loopback address, or the interface lo. */
export interface LoopbackNode extends Placed {
  readonly kind: "loopback";
}

export type EventPrimitive =
  | ReasonNode
  | FieldNode
  | StateNode
  | FlagsNode
  | DirectionNode
  | NetnsNode
  | PidNode
  | UidNode
  | CgroupNode
  | CommNode
  | OwnerNode
  | IfaceNode
  | OuterNode
  | MarkNode
  | LocationNode
  | LoopbackNode;
export type PacketPrimitive = ProtocolNode | ProtoNode | AddressNode | PortNode | MulticastNode | Relation;
export type FilterNode = AndOr | Not | Constant | PacketPrimitive | EventPrimitive;

/** The span from one to another. */
export function across(first: Span, last: Span): Span {
  return Object.freeze({ start: first.start, end: last.end });
}

/** The node, and its list where it has one, frozen: its parts are nodes, and so frozen already. */
export function frozen<N extends FilterNode | Arithmetic>(node: N): N {
  for (const value of Object.values(node))
    if (typeof value === "object" && value !== null && !Object.isFrozen(value)) Object.freeze(value);
  return Object.freeze(node);
}

/** The first of the questions that the tree is made of for which it holds. */
export function leafOf(node: FilterNode, holds: (leaf: FilterNode) => boolean): FilterNode | undefined {
  if (node.kind === "not") return leafOf(node.of, holds);
  if (node.kind !== "and" && node.kind !== "or") return holds(node) ? node : undefined;
  for (const part of node.of) {
    const found = leafOf(part, holds);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** True where it holds for one of them. */
export function someLeaf(node: FilterNode, holds: (leaf: FilterNode) => boolean): boolean {
  return leafOf(node, holds) !== undefined;
}
