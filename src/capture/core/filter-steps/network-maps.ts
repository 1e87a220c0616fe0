/**
 * Long lists of networks as BPF maps: the kernel finds the longest prefix that an address begins with
 * (BPF_MAP_TYPE_LPM_TRIE).
 */
import type { BpfMap, MapSpec } from "../../../bpf/index.ts";
import { bytes, struct, u32 } from "../../../bytes/struct.ts";
import {
  type AddressNode,
  type FilterNode,
  type Network,
  networkBytes,
  prefixOfMask,
} from "../../../filter-language/index.ts";

/** Lists up to these are jumps: those of IPv4 a binary search, those of IPv6 one comparison after another. */
const MAX_JUMPS4 = 64;
const MAX_JUMPS6 = 8;

export const prefixKey4 = struct("prefix4", 8, { prefix: u32(0), address: bytes(4, 4) });
export const prefixKey6 = struct("prefix6", 20, { prefix: u32(0), address: bytes(4, 16) });

export interface NetworkMap {
  readonly spec: MapSpec;
  readonly networks: readonly Network[];
}
/** Of one list, by family; undefined where jumps do. */
export interface NetworkMaps {
  readonly v4: NetworkMap | undefined;
  readonly v6: NetworkMap | undefined;
}

/** IPv4 networks of one prefix each. */
export function prefixes4(networks: readonly Network[]): readonly Network[] {
  return networks.filter((network) => network.family === 4 && prefixOfMask(network.mask) !== undefined);
}

export function networks6(networks: readonly Network[]): readonly Network[] {
  return networks.filter((network) => network.family === 6);
}

/** The maps that trees need, by the list that they are for. */
export function networkMaps(trees: readonly FilterNode[]): ReadonlyMap<AddressNode, NetworkMaps> {
  const maps = new Map<AddressNode, NetworkMaps>();
  const visit = (node: FilterNode): void => {
    if (node.kind === "and" || node.kind === "or") node.of.forEach(visit);
    else if (node.kind === "not") visit(node.of);
    else if (node.kind === "address") {
      const [v4, v6] = [prefixes4(node.networks), networks6(node.networks)];
      const of = (
        family: 4 | 6,
        networks: readonly Network[],
        most: number,
        keySize: number,
      ): NetworkMap | undefined =>
        networks.length <= most
          ? undefined
          : {
              spec: {
                name: `networks${family}_${maps.size}`,
                kind: "lpm-trie",
                keySize,
                valueSize: 1,
                maxEntries: networks.length,
              },
              networks,
            };
      const needed = {
        v4: of(4, v4, MAX_JUMPS4, prefixKey4.size),
        v6: of(6, v6, MAX_JUMPS6, prefixKey6.size),
      };
      if (needed.v4 !== undefined || needed.v6 !== undefined) maps.set(node, Object.freeze(needed));
    }
  };
  trees.forEach(visit);
  return maps;
}

/** All of them, as the tracer makes and fills them. */
export function allNetworkMaps(maps: ReadonlyMap<AddressNode, NetworkMaps>): readonly NetworkMap[] {
  return [...maps.values()].flatMap(({ v4, v6 }) => [v4, v6].filter((map) => map !== undefined));
}

const THERE = Uint8Array.of(1);

export function fillNetworkMap(map: BpfMap, networks: readonly Network[]): void {
  for (const network of networks) map.update(keyOf(network), THERE);
}

function keyOf(network: Network): Uint8Array {
  if (network.family === 6)
    return prefixKey6.encode({ prefix: network.prefix, address: networkBytes(...network.address) });
  return prefixKey4.encode({
    prefix: prefixOfMask(network.mask) ?? 32,
    address: networkBytes(network.address),
  });
}
