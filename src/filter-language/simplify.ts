/**
 * A tree that accepts the same drops and is cheaper to ask: constants are folded, what is plainly true or
 * false of a TCP segment is gone, nested `and` and `or` are flat, and what can be one list is one.
 *
 * One thing is kept that looks as if it could go: what a packet rejects by failing (bytes behind its end;
 * `mayFail`) rejects it whatever stands around it, as in pcap-filter, so nothing that may fail is dropped
 * from before something that decides, and nothing is moved before it.
 */
import { network4, network6 } from "./addresses.ts";
import { foldRelation, mayFail } from "./fold.ts";
import { unionOfNetworks, unionOfRanges } from "./lists.ts";
import { printFilter } from "./print.ts";
import {
  type AddressNode,
  type AndOr,
  across,
  type FilterNode,
  frozen,
  type PortNode,
  type Span,
  someLeaf,
} from "./tree.ts";
import { IPPROTO_TCP, PROTOCOLS } from "./vocabulary.ts";

export function simplify(node: FilterNode): FilterNode {
  switch (node.kind) {
    case "and":
    case "or":
      return simplifyList(node.kind, node.of.map(simplify), node.at);
    case "not":
      return negate(simplify(node.of), node.at);
    case "relation":
      return foldRelation(node);
    case "protocol":
      return protocol(node.name, node.at);
    case "proto":
      return proto(node.family, node.number, node.at);
    case "port":
      return port(node);
    case "address":
      return address(frozen({ ...node, networks: unionOfNetworks(node.networks) }));
    case "multicast":
      return address({
        kind: "address",
        end: "dst",
        networks: [node.family === 4 ? MULTICAST4 : MULTICAST6],
        at: node.at,
      });
    case "loopback":
      return loopback(node.at);
    default:
      return node;
  }
}

/** What follows it may be asked although it rejected the packet. */
export function mayReject(node: FilterNode): boolean {
  return someLeaf(node, leafMayReject);
}

function leafMayReject(leaf: FilterNode): boolean {
  switch (leaf.kind) {
    case "relation":
      return mayFail(leaf.left) || mayFail(leaf.right);
    case "proto":
      return true;
    case "protocol":
      return PROTOCOLS.get(leaf.name)?.number !== undefined;
    default:
      // A TCP header that cannot be read has neither ports nor flags.
      return leaf.kind === "port" || leaf.kind === "flags";
  }
}

function constant(value: boolean, at: Span): FilterNode {
  return frozen({ kind: "constant", value, at });
}

function negate(of: FilterNode, at: Span): FilterNode {
  if (of.kind === "constant") return constant(!of.value, at);
  return of.kind === "not" ? of.of : frozen({ kind: "not", of, at });
}

function protocol(name: string, at: Span): FilterNode {
  const meaning = PROTOCOLS.get(name) ?? {};
  if (meaning.never === true) return constant(false, at);
  return meaning.number === undefined
    ? frozen({ kind: "protocol", name, at })
    : proto(meaning.family, meaning.number, at);
}

/** Extension headers that are walked to find TCP: all that can stand between it and the IPv6 header. */
const EXTENSIONS = [0, 43, 44, 51, 60];
const FRAGMENT = 44;

/**
 * Every drop is TCP's, also behind extension headers. Of IPv6's headers pcap-filter looks at the first, and
 * at what a fragment header says.
 */
function proto(family: 4 | 6 | undefined, number: number, at: Span): FilterNode {
  if (number === IPPROTO_TCP)
    return family === undefined
      ? constant(true, at)
      : frozen({ kind: "protocol", name: family === 4 ? "ip" : "ip6", at });
  if (family === 4 || !EXTENSIONS.includes(number)) return constant(false, at);
  const first = byteIs(6, number, at);
  return frozen({
    kind: "or",
    of: [first, frozen({ kind: "and", of: [byteIs(6, FRAGMENT, at), byteIs(40, number, at)], at })],
    at,
  });
}

function byteIs(offset: number, value: number, at: Span): FilterNode {
  const left = frozen({
    kind: "bytes",
    header: "ip6",
    offset: frozen({ kind: "number", value: offset, at }),
    size: 1,
    at,
  });
  return frozen({ kind: "relation", op: "==", left, right: frozen({ kind: "number", value, at }), at });
}

function port(node: PortNode): FilterNode {
  if (node.transport !== undefined && node.transport !== "tcp") return constant(false, node.at);
  return frozen({ ...node, transport: undefined, ranges: unionOfRanges(node.ranges) });
}

const ALL4 = network4(0, 0);
const ALL6 = network6([0, 0, 0, 0], 0);
/** From 224.0.0.0 on: pcap-filter counts what lies above multicast in. */
const MULTICAST4 = network4(0xe000_0000, 0xe000_0000);
const MULTICAST6 = network6([0xff00_0000, 0, 0, 0], 8);
const LOOPBACK = [network4(0x7f00_0000, 0xff00_0000), network6([0, 0, 0, 1], 128)];

/** A list with all of a family in it asks for that family. */
function address(node: AddressNode): FilterNode {
  const { networks, at } = node;
  const all = ([ALL4, ALL6] as const).filter((whole) =>
    networks.some((one) => one.family === whole.family && printKey(one) === printKey(whole)),
  );
  if (all.length === 0) return frozen(node);
  if (all.length === 2) return constant(true, at);
  const [family] = all.map((whole) => whole.family);
  const rest = networks.filter((network) => network.family !== family);
  const whole: FilterNode = frozen({ kind: "protocol", name: family === 4 ? "ip" : "ip6", at });
  return rest.length === 0
    ? whole
    : frozen({ kind: "or", of: [whole, frozen({ ...node, networks: rest })], at });
}

function printKey(network: AddressNode["networks"][number]): string {
  return network.family === 4
    ? `${network.address}/${network.mask}`
    : `${network.address.join()}/${network.prefix}`;
}

function loopback(at: Span): FilterNode {
  return frozen({
    kind: "or",
    of: [
      frozen({ kind: "address", end: "either", networks: LOOPBACK, at }),
      frozen({ kind: "iface", name: "lo", at }),
    ],
    at,
  });
}

function simplifyList(kind: AndOr["kind"], parts: readonly FilterNode[], at: Span): FilterNode {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.of : [part]));
  const decided = withoutConstants(flat, kind === "or", at);
  // Once more: what may reject may have gone forward to its twin, and what stood between them matters no
  // longer.
  const merged = withoutConstants(withoutTwins(mergeLists(kind, decided)), kind === "or", at);
  if (merged.length === 0) return constant(kind === "and", at);
  return merged.length === 1 && merged[0] !== undefined ? merged[0] : frozen({ kind, of: merged, at });
}

/**
 * `deciding` is what ends the list: true for `or`. What comes after it is never asked, and what comes before
 * only matters if it may reject.
 */
function withoutConstants(parts: readonly FilterNode[], deciding: boolean, at: Span): readonly FilterNode[] {
  const end = parts.findIndex((part) => part.kind === "constant" && part.value === deciding);
  if (end < 0) return parts.filter((part) => part.kind !== "constant");
  const before = parts.slice(0, end).filter((part) => part.kind !== "constant");
  const last = before.findLastIndex(mayReject);
  return [...before.slice(0, last + 1), constant(deciding, at)];
}

function withoutTwins(parts: readonly FilterNode[]): readonly FilterNode[] {
  const seen = new Set<string>();
  return parts.filter((part) => {
    const text = printFilter(part);
    return !seen.has(text) && seen.add(text);
  });
}

type List = AddressNode | PortNode;

/** The parts that one list is made of: where it stands, and what is in it. */
interface Gathered {
  readonly index: number;
  readonly members: List[];
}

/**
 * In an `or` lists of a kind become one, in an `and` those behind a `not` do: where the first stood, over
 * nothing that rejects what the first lets by.
 */
function mergeLists(kind: AndOr["kind"], parts: readonly FilterNode[]): readonly FilterNode[] {
  const merged: FilterNode[] = [];
  const gathered: Gathered[] = [];
  const open = new Map<string, Gathered>();
  for (const part of parts) {
    const list = listIn(kind, part);
    const known = list === undefined ? undefined : open.get(listKey(list));
    if (list !== undefined && known !== undefined) {
      known.members.push(list);
      continue;
    }
    for (const [key, { members }] of open) if (rejectsMore(part, members)) open.delete(key);
    if (list !== undefined) {
      const fresh = { index: merged.length, members: [list] };
      open.set(listKey(list), fresh);
      gathered.push(fresh);
    }
    merged.push(part);
  }
  return rejoined(kind, merged, gathered);
}

function rejoined(
  kind: AndOr["kind"],
  parts: readonly FilterNode[],
  gathered: readonly Gathered[],
): readonly FilterNode[] {
  const joint = new Map(gathered.map(({ index, members }): [number, FilterNode] => [index, joined(members)]));
  return parts.map((part, index) => {
    const whole = joint.get(index);
    if (whole === undefined) return part;
    return kind === "or" ? whole : frozen({ kind: "not", of: whole, at: whole.at });
  });
}

/** Lists of "src and dst" are not one: both ends would have to be in the same part. */
function listIn(kind: AndOr["kind"], part: FilterNode): List | undefined {
  const list = kind === "or" ? part : part.kind === "not" ? part.of : undefined;
  return list !== undefined && (list.kind === "address" || list.kind === "port") && list.end !== "both"
    ? list
    : undefined;
}

function listKey(list: List): string {
  return `${list.kind} ${list.end}`;
}

/** Ports and flags both reject where the TCP header cannot be read: if ports have been asked for, it can. */
function rejectsMore(part: FilterNode, [first]: readonly List[]): boolean {
  const bare = part.kind === "not" ? part.of : part;
  return mayReject(part) && !(first?.kind === "port" && (bare.kind === "port" || bare.kind === "flags"));
}

function joined(members: readonly List[]): List {
  const [first, last] = [members[0], members.at(-1)];
  if (first === undefined || last === undefined || first === last) return first as List;
  const at = across(first.at, last.at);
  if (first.kind === "port")
    return frozen({
      ...first,
      ranges: unionOfRanges(members.flatMap((one) => (one.kind === "port" ? one.ranges : []))),
      at,
    });
  return frozen({
    ...first,
    networks: unionOfNetworks(members.flatMap((one) => (one.kind === "address" ? one.networks : []))),
    at,
  });
}
