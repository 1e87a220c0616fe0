/**
 * Hosts and networks: compared in the record, into which the addresses were written, wherever they came from.
 */
import type { Scalar } from "../../../bpf/index.ts";
import {
  type AddressNode,
  maskWord,
  type Network,
  type Network4,
  type Network6,
  networkBytes,
  prefixOfMask,
  rangeOfNetwork,
} from "../../../filter-language/index.ts";
import type { FilterCode } from "./filter-code.ts";
import { type NetworkMap, networks6, prefixes4, prefixKey4, prefixKey6 } from "./network-maps.ts";
import { branchOnRanges } from "./ranges.ts";
import { atEnds, decide, opaqueJump, type Targets } from "./targets.ts";

type AddressField = "saddr" | "daddr";
const FIELDS: Readonly<Record<"src" | "dst", AddressField>> = { src: "saddr", dst: "daddr" };

export function branchOnAddress(code: FilterCode, node: AddressNode, targets: Targets): void {
  const { b } = code;
  const version = code.event.facts.get("version");
  const v4 = node.networks.filter((network): network is Network4 => network.family === 4);
  const v6 = networks6(node.networks);
  const isV6 = version.eq(6);
  if (v6.length === 0) {
    b.jumpIf(isV6, targets.no);
    ends(code, node, v4, targets, branchOn4);
  } else if (v4.length === 0) {
    b.jumpIf(version.ne(6), targets.no);
    ends(code, node, v6, targets, branchOn6);
  } else {
    const six = b.label("six");
    b.jumpIf(isV6, six);
    ends(code, node, v4, { ...targets, next: "no" }, branchOn4);
    b.jump(targets.no);
    b.bind(six);
    ends(code, node, v6, targets, branchOn6);
  }
}

type BranchOnField = (
  code: FilterCode,
  node: AddressNode,
  field: AddressField,
  networks: readonly Network[],
  targets: Targets,
) => void;

function ends(
  code: FilterCode,
  node: AddressNode,
  networks: readonly Network[],
  targets: Targets,
  branch: BranchOnField,
): void {
  atEnds(code.b, node.end, targets, (end, to) => branch(code, node, FIELDS[end], networks, to));
}

/** 32 bits of an address in network order, from byte `at` on. */
function word(code: FilterCode, field: AddressField, at: number): Scalar {
  return code.event.asked.addresses().getBytes(field, 4, at);
}

function branchOn4(
  code: FilterCode,
  node: AddressNode,
  field: AddressField,
  networks: readonly Network[],
  targets: Targets,
): void {
  const { b } = code;
  const map = code.maps.get(node)?.v4;
  const holed = networks.filter(
    (network): network is Network4 => network.family === 4 && prefixOfMask(network.mask) === undefined,
  );
  const whole = prefixes4(networks) as readonly Network4[];
  if (map !== undefined) {
    const on = b.label("not_in_map");
    lookUp(code, field, map, 4, holed.length === 0 ? targets : { ...targets, no: on, next: "no" });
    if (holed.length === 0) return;
    b.bind(on);
  }
  b.assign(code.searched, word(code, field, 0).fromBigEndian(32), field);
  if (map === undefined && whole.length > 0) {
    const ranges = whole.map(rangeOfNetwork);
    const on = b.label("in_no_range");
    branchOnRanges(
      b,
      code.searched,
      ranges,
      holed.length === 0 ? targets : { ...targets, no: on, next: "no" },
    );
    if (holed.length === 0) return;
    b.bind(on);
  }
  for (const [index, { address, mask }] of holed.entries()) {
    const isIt = code.searched.and(BigInt(mask)).eq(BigInt(address));
    if (index === holed.length - 1) decide(b, isIt, targets);
    else b.jumpIf(isIt, targets.yes);
  }
}

function branchOn6(
  code: FilterCode,
  node: AddressNode,
  field: AddressField,
  networks: readonly Network[],
  targets: Targets,
): void {
  const { b } = code;
  const map = code.maps.get(node)?.v6;
  if (map !== undefined) {
    lookUp(code, field, map, 16, targets);
    return;
  }
  for (const [index, network] of networks.entries()) {
    const isLast = index === networks.length - 1;
    const on = b.label("another_network");
    matchPrefix(code, field, network as Network6, isLast ? targets : { ...targets, no: on, next: "no" });
    b.bind(on);
  }
}

/** 64 bits at a time, in the order that they lie in memory. */
function matchPrefix(
  code: FilterCode,
  field: AddressField,
  { address, prefix }: Network6,
  targets: Targets,
): void {
  const { b } = code;
  const halves = [0, 1].filter((half) => prefix > 64 * half);
  // All of IPv6: the family has been asked for.
  if (halves.length === 0) {
    opaqueJump(b, "taken", targets.yes);
    if (targets.next === "yes") b.jump(targets.no);
    return;
  }
  for (const [index, half] of halves.entries()) {
    const mask = memoryOrder(maskWord(prefix, 2 * half), maskWord(prefix, 2 * half + 1));
    const loaded = code.event.asked.addresses().getBytes(field, 8, 8 * half);
    const isIt = (mask === 0xffff_ffff_ffff_ffffn ? loaded : loaded.and(mask)).eq(
      memoryOrder(address[2 * half] ?? 0, address[2 * half + 1] ?? 0),
    );
    if (index === halves.length - 1) decide(b, isIt, targets);
    else b.jumpIf({ kind: "not", of: isIt }, targets.no);
  }
}

/** What a load of 64 bits finds where two words lie in network order. */
function memoryOrder(first: number, second: number): bigint {
  return new BigUint64Array(networkBytes(first, second).buffer)[0] ?? 0n;
}

function lookUp(
  code: FilterCode,
  field: AddressField,
  { spec }: NetworkMap,
  sizeBytes: 4 | 16,
  targets: Targets,
): void {
  const { b } = code;
  const layout = sizeBytes === 4 ? prefixKey4 : prefixKey6;
  const key = code.key(layout.size);
  b.store(4, key.address, layout.fields.prefix.offset, 8 * sizeBytes, "key.prefix =");
  for (let at = 0; at < sizeBytes; at += 4)
    b.store(
      4,
      key.address,
      layout.fields.address.offset + at,
      word(code, field, at),
      `key.${field}[${at}] =`,
    );
  decide(b, b.lookup(spec, key).notZero(), targets);
}
