/** Features that scenarios need and some kernels lack: probed by using them in a namespace. */
import { Netns } from "../../../src/lab/netns.ts";
import { libcSyscalls } from "../../../src/sys/libc.ts";
import { listenTcp } from "../../../src/sys/sockets.ts";
import { IPPROTO_MPTCP } from "../../lab/macros.ts";
import { hasOffload } from "../../lab/offload.ts";
import { Cgroup } from "./cgroup.ts";
import { isNamed } from "./reasons.ts";
import { demandAuthentication } from "./signing.ts";

/** lo supports neither VLANs nor macvlans. */
const VETH = ["ip", "link", "add", "v0", "type", "veth"] as const;

/** Programs with arguments, run in their own namespace; the feature is present if all succeed. */
const PROBES = {
  netem: [["tc", "qdisc", "add", "dev", "lo", "root", "netem", "loss", "1%"]],
  fq: [["tc", "qdisc", "add", "dev", "lo", "root", "fq"]],
  fq_codel: [["tc", "qdisc", "add", "dev", "lo", "root", "fq_codel"]],
  tbf: [
    ["tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1mbit", "burst", "2000", "limit", "2000"],
  ],
  htb: [["tc", "qdisc", "add", "dev", "lo", "root", "htb"]],
  cls_bpf: [
    ["tc", "qdisc", "add", "dev", "lo", "clsact"],
    ["tc", "filter", "add", "dev", "lo", "ingress", "bpf", "da", "bytecode", "1,6 0 0 2"],
  ],
  mirred: [
    ["tc", "qdisc", "add", "dev", "lo", "clsact"],
    [
      "tc",
      "filter",
      "add",
      "dev",
      "lo",
      "ingress",
      "u32",
      "match",
      "u32",
      "0",
      "0",
      "action",
      "mirred",
      "egress",
      "redirect",
      "dev",
      "lo",
    ],
  ],
  xfrm: [
    ["ip", "xfrm", "policy", "add", "src", "0.0.0.0/0", "dst", "0.0.0.0/0", "dir", "in", "action", "block"],
  ],
  bridge: [["ip", "link", "add", "br0", "type", "bridge"]],
  vxlan: [["ip", "link", "add", "vx0", "type", "vxlan", "id", "1", "dstport", "4789"]],
  vlan: [VETH, ["ip", "link", "add", "link", "v0", "name", "v1", "type", "vlan", "id", "1"]],
  macvlan: [VETH, ["ip", "link", "add", "link", "v0", "name", "m0", "type", "macvlan"]],
  geneve: [["ip", "link", "add", "t0", "type", "geneve", "id", "1", "remote", "192.0.2.2"]],
  gre: [["ip", "link", "add", "t0", "type", "gre", "local", "192.0.2.1", "remote", "192.0.2.2"]],
  ipip: [["ip", "link", "add", "t0", "type", "ipip", "local", "192.0.2.1", "remote", "192.0.2.2"]],
  sit: [["ip", "link", "add", "t0", "type", "sit", "local", "192.0.2.1", "remote", "192.0.2.2"]],
  ip6tnl: [["ip", "link", "add", "t0", "type", "ip6tnl", "local", "2001:db8::1", "remote", "2001:db8::2"]],
  tun: [["ip", "tuntap", "add", "mode", "tap", "t0"]],
  nft: [["nft", "add", "table", "inet", "t"]],
  "nft-ct": [
    ["nft", "add", "table", "inet", "t"],
    ["nft", "add", "chain", "inet", "t", "c"],
    ["nft", "add", "rule", "inet", "t", "c", "ct", "state", "invalid", "drop"],
  ],
  "nft-numgen": [
    ["nft", "add", "table", "inet", "t"],
    ["nft", "add", "chain", "inet", "t", "c"],
    ["nft", "add", "rule", "inet", "t", "c", "numgen", "inc", "mod", "2", "0", "drop"],
  ],
  "nft-egress": [
    ["nft", "add", "table", "netdev", "t"],
    ["nft", "add", "chain", "netdev", "t", "c", "{ type filter hook egress device lo priority 0; }"],
  ],
  nfqueue: [["iptables-legacy", "-A", "INPUT", "-j", "NFQUEUE", "--queue-num", "7"]],
  "iptables-comment": [["iptables-legacy", "-A", "INPUT", "-m", "comment", "--comment", "x", "-j", "DROP"]],
  "iptables-legacy": [["iptables-legacy", "-A", "INPUT", "-p", "tcp", "--dport", "1", "-j", "DROP"]],
} as const satisfies Record<string, readonly (readonly string[])[]>;

/** Probes that take more than a program: each throws if the feature is absent. */
const CALLS = {
  "tcp-ao": (namespace: Netns): void => {
    using listener = namespace.inside(() => listenTcp({ address: new Uint8Array(4), port: 0 }, 1));
    demandAuthentication(listener, Uint8Array.of(192, 0, 2, 1));
  },
  // Since 5.13 veth has its own GRO, which needs no XDP program and is off by default; before, it is on for
  // every device, and veth never gets there.
  "veth-gro": (namespace: Netns): void => {
    namespace.run(VETH[0], VETH.slice(1));
    if (hasOffload(libcSyscalls, namespace, "v0", "gro")) throw new Error("its veth has no GRO of its own");
  },
  mptcp: (namespace: Netns): void => {
    using _listener = namespace.inside(() =>
      listenTcp({ address: new Uint8Array(4), port: 0 }, 1, IPPROTO_MPTCP),
    );
  },
  cgroup2: (): void => {
    using _cgroup = new Cgroup("");
  },
  "cgroup-tcp-limit": (): void => {
    using cgroup = new Cgroup("memory");
    cgroup.write("memory.kmem.tcp.limit_in_bytes", "0");
  },
} as const satisfies Record<string, (namespace: Netns) => void>;

/**
 * A name in the kernel's enum skb_drop_reason is a feature too, if kernels without the name do not drop at
 * all: "reason TCP_RFC7323_TSECR".
 */
export type Feature = keyof typeof PROBES | keyof typeof CALLS | `reason ${string}`;

const REASON = "reason ";

const known = new Map<Feature, string | undefined>();

/** Why the kernel (or the machine's tools) cannot; undefined if it can. */
export function missing(feature: Feature): string | undefined {
  if (!known.has(feature)) known.set(feature, probe(feature));
  return known.get(feature);
}

function probe(feature: Feature): string | undefined {
  if (isReason(feature))
    return isNamed(feature.slice(REASON.length)) ? undefined : "its enum skb_drop_reason has no such name";
  using namespace = Netns.create(libcSyscalls);
  try {
    if (isCall(feature)) CALLS[feature](namespace);
    else
      for (const [program, ...words] of PROBES[feature] as readonly (readonly string[])[])
        namespace.run(program ?? "", words);
    return undefined;
  } catch (failure) {
    return failure instanceof Error ? failure.message : String(failure);
  }
}

function isReason(feature: Feature): feature is `reason ${string}` {
  return feature.startsWith(REASON);
}

function isCall(feature: Feature): feature is keyof typeof CALLS {
  return feature in CALLS;
}
