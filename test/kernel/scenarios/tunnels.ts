/**
 * TCP in tunnels: devices `tnl0` at both ends, and drops before, in, and after the underlay.
 */
import { ADDRESS, type Family, type Hosts } from "../../../src/lab/hosts.ts";
import type { Outer } from "../../../src/model/index.ts";
import { connectTcp, localPort } from "../../../src/sys/sockets.ts";
import { dropAll, filtered } from "./drop-everything.ts";
import type { Feature } from "./features.ts";
import { ip } from "./rules.ts";
import { BOTH, received, type Scenario } from "./scenario.ts";

export interface Tunnel {
  /** For people: "VXLAN over IPv4". */
  readonly name: string;
  readonly needs: readonly Feature[];
  /** Families that it carries; default: both. */
  readonly families?: readonly Family[];
  /** The arguments after `type`, for these underlay addresses. */
  readonly type: (local: string, remote: string, device: string) => string;
  readonly below: Family;
  /** What is shown of the outer header, beside its addresses. */
  readonly outer: Pick<Outer, "protocol" | "dport" | "vni">;
}

/** RFC 5737, and a part of RFC 3849. */
const INNER = {
  client: { 4: "198.51.100.1", 6: "2001:db8:7::1" },
  server: { 4: "198.51.100.2", 6: "2001:db8:7::2" },
} as const;
const INNER_SERVER = {
  4: Uint8Array.of(198, 51, 100, 2),
  6: Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 7, ...new Uint8Array(9), 2]),
};
const MAC = { client: "02:00:00:00:01:01", server: "02:00:00:00:01:02" } as const;

function setUp(hosts: Hosts, { type, below, families = BOTH }: Tunnel): void {
  for (const [own, peer, device] of [
    ["client", "server", "cli0"],
    ["server", "client", "srv0"],
  ] as const) {
    ip(
      hosts[own],
      `link add tnl0 type ${type(ADDRESS[own][below], ADDRESS[peer][below], device)}`,
      ...families.map((family) =>
        family === 4
          ? `addr add ${INNER[own][4]}/24 dev tnl0`
          : `addr add ${INNER[own][6]}/64 dev tnl0 nodad`,
      ),
      "link set tnl0 up",
    );
  }
  for (const [own, peer] of [
    ["client", "server"],
    ["server", "client"],
  ] as const) {
    // Tunnels that carry frames have MAC addresses; the others take none.
    if (!hosts[own].run("ip", ["link", "show", "dev", "tnl0"]).includes("link/ether")) continue;
    ip(
      hosts[own],
      `link set tnl0 address ${MAC[own]}`,
      ...families.map((family) => `neigh replace ${INNER[peer][family]} lladdr ${MAC[peer]} dev tnl0`),
    );
  }
}

/** A SYN through the tunnel, sent once. Returns its source port. */
function connectThrough(hosts: Hosts, family: Family, port: number): number {
  using socket = hosts.client.inside(() => connectTcp({ address: INNER_SERVER[family], port }));
  return localPort(socket);
}

const ends = (family: Family) =>
  ({ saddr: INNER.client[family], daddr: INNER.server[family], flags: ["SYN"] }) as const;

/** The outer header, but for the source port: the kernel chooses it. */
const seenOuter = ({ below, outer }: Tunnel): Partial<Outer> => ({
  saddr: ADDRESS.client[below],
  daddr: ADDRESS.server[below],
  ...outer,
});

/** Dropped by the sender's filter, in the underlay. */
export function outgoing(tunnel: Tunnel): Scenario {
  return {
    title: `${tunnel.name}: a SYN dropped in the outgoing tunnel packet, with its inner addresses`,
    families: tunnel.families ?? BOTH,
    paths: ["veth"],
    needs: [...tunnel.needs, "nft"],
    run: ({ hosts, family }) => {
      setUp(hosts, tunnel);
      dropAll(hosts.client, "output", 'oifname "cli0" drop');
      const dport = hosts.newPort();
      const sport = connectThrough(hosts, family, dport);
      return {
        drops: [
          {
            ...filtered,
            variant: "nft-output",
            ...ends(family),
            host: "client",
            direction: "tx",
            state: "SYN_SENT",
            tunnel: true,
            outer: seenOuter(tunnel),
            sport,
            dport,
            also: { addressSource: "inner", payloadLen: 0 },
          },
        ],
      };
    },
  };
}

/** Dropped by the receiver's filter, before decapsulation. */
export function incoming(tunnel: Tunnel): Scenario {
  return {
    title: `${tunnel.name}: a SYN dropped in the arriving tunnel packet, with its inner addresses`,
    families: tunnel.families ?? BOTH,
    paths: ["veth"],
    needs: [...tunnel.needs, "nft"],
    run: ({ hosts, family }) => {
      setUp(hosts, tunnel);
      dropAll(hosts.server, "prerouting", 'iifname "srv0" drop');
      const dport = hosts.newPort();
      const sport = connectThrough(hosts, family, dport);
      // veth keeps the sender's skb->encapsulation.
      return {
        drops: [
          {
            ...filtered,
            variant: "nft-prerouting",
            ...received,
            ...ends(family),
            state: undefined,
            tunnel: true,
            outer: seenOuter(tunnel),
            sport,
            dport,
            also: { ifname: "srv0" },
          },
        ],
      };
    },
  };
}

/** Dropped after decapsulation: no trace of the tunnel is left. */
export function decapsulated(tunnel: Tunnel): Scenario {
  return {
    title: `${tunnel.name}: a SYN to a closed port at the other end of the tunnel`,
    families: tunnel.families ?? BOTH,
    paths: ["veth"],
    needs: tunnel.needs,
    run: ({ hosts, family }) => {
      setUp(hosts, tunnel);
      const dport = hosts.newPort();
      // Left open: the RST that answers ends it, and is not a drop.
      const socket = hosts.own(
        hosts.client.inside(() => connectTcp({ address: INNER_SERVER[family], port: dport })),
      );
      const sport = localPort(socket);
      return {
        drops: [
          {
            ...received,
            ...ends(family),
            reason: "NO_SOCKET",
            class: "refused",
            state: undefined,
            sport,
            dport,
            frame: `tcp_v${family}_rcv`,
            also: { ifname: "tnl0", addressSource: "packet" },
          },
        ],
      };
    },
  };
}

const vxlan = (below: Family): Tunnel => ({
  name: `VXLAN over IPv${below}`,
  needs: ["vxlan"],
  below,
  outer: { protocol: "vxlan", dport: 4789, vni: 7 },
  type: (local, remote, device) => `vxlan id 7 local ${local} remote ${remote} dstport 4789 dev ${device}`,
});

const NO_PORT = { dport: undefined, vni: undefined } as const;

export const TUNNELS = {
  vxlan4: vxlan(4),
  vxlan6: vxlan(6),
  geneve: {
    name: "Geneve",
    needs: ["geneve"],
    below: 4,
    outer: { protocol: "geneve", dport: 6081, vni: 7 },
    type: (_local, remote) => `geneve id 7 remote ${remote} dstport 6081`,
  },
  gre: {
    name: "GRE",
    needs: ["gre"],
    below: 4,
    outer: { protocol: "gre", ...NO_PORT },
    type: (local, remote) => `gre local ${local} remote ${remote} ttl 64`,
  },
  gretap: {
    name: "Ethernet over GRE",
    needs: ["gre"],
    below: 4,
    outer: { protocol: "gre", ...NO_PORT },
    type: (local, remote) => `gretap local ${local} remote ${remote} ttl 64`,
  },
  ipip: {
    name: "IPIP",
    needs: ["ipip"],
    families: [4],
    below: 4,
    outer: { protocol: "ipip", ...NO_PORT },
    type: (local, remote) => `ipip local ${local} remote ${remote} ttl 64`,
  },
  sit: {
    name: "SIT",
    needs: ["sit"],
    families: [6],
    below: 4,
    outer: { protocol: "sit", ...NO_PORT },
    type: (local, remote) => `sit local ${local} remote ${remote} ttl 64`,
  },
  ip6tnl: {
    name: "IP over IPv6",
    needs: ["ip6tnl"],
    below: 6,
    outer: { protocol: "ip6tnl", ...NO_PORT },
    type: (local, remote, device) => `ip6tnl mode any local ${local} remote ${remote} dev ${device}`,
  },
} as const satisfies Record<string, Tunnel>;
