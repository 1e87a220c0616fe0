/**
 * Variants of what netfilter and generic XDP drop. Of netfilter: which firewall, by the function that freed the
 * skb; which hook, by who called. Which rule it was, or whether the policy of a chain, no name on the stack says.
 */
import type { VariantRow } from "./variant.ts";

interface Hook {
  /** As nft and the kernel call it; of bridges and devices with what they are. */
  readonly name: string;
  /** Who runs the hook, itself or as the function that it is inlined into. */
  readonly callers: readonly string[];
}

const HOOKS: readonly Hook[] = [
  {
    name: "prerouting",
    callers: [
      ...["ip_rcv", "ipv6_rcv", "ip_sublist_rcv", "ip6_sublist_rcv", "ip_list_rcv", "ipv6_list_rcv"],
      ...["br_nf_pre_routing", "br_nf_pre_routing_ipv6"],
    ],
  },
  { name: "input", callers: ["ip_local_deliver", "ip6_input"] },
  { name: "forward", callers: ["ip_forward", "ip6_forward", "br_nf_forward", "br_nf_forward_ip"] },
  {
    name: "output",
    callers: ["__ip_local_out", "ip_local_out", "__ip6_local_out", "ip6_local_out", "ip6_xmit"],
  },
  { name: "postrouting", callers: ["ip_output", "ip_mc_output", "ip6_output", "br_nf_post_routing"] },
  { name: "bridge-prerouting", callers: ["br_handle_frame"] },
  { name: "bridge-input", callers: ["br_pass_frame_up"] },
  { name: "bridge-forward", callers: ["__br_forward", "br_forward"] },
  { name: "bridge-postrouting", callers: ["br_forward_finish"] },
  { name: "bridge-output", callers: ["br_dev_xmit"] },
  { name: "device-ingress", callers: ["__netif_receive_skb_core"] },
  { name: "device-egress", callers: ["__dev_queue_xmit"] },
];
const ALL_CALLERS = HOOKS.flatMap(({ callers }) => callers);

const NFT = ["nft_do_chain"];
const NFT_PLACE = "net/netfilter/nf_tables_core.c: nft_do_chain(), NF_DROP_REASON() (v6.18)";
const HOOK_SLOW = ["nf_hook_slow", "nf_hook_slow_list"];
const HOOK_SLOW_PLACE = "net/netfilter/core.c: nf_hook_slow(), NF_DROP (v6.18)";

/** "bridge-input" to "the bridge's input hook". */
function hookText(name: string): string {
  const [, owner, hook] = /^(?:(bridge|device)-)?(\w+)$/.exec(name) ?? [];
  return owner === undefined ? `the ${hook} hook` : `the ${owner}'s ${hook} hook`;
}

function nftChains(name: string): string {
  return `"hook ${name.replace(/^.*-/, "")}"`;
}

const NFTABLES: readonly VariantRow[] = [
  ...HOOKS.map(
    ({ name, callers }): VariantRow => ({
      id: `netfilter-drop/nft-${name}`,
      reasons: ["NETFILTER_DROP"],
      symbols: NFT,
      nearest: { callers, among: ALL_CALLERS },
      class: "loss",
      meaning: `nftables dropped it at ${hookText(name)}: a rule, or the policy of a chain.`,
      advice: `In its namespace: nft -a list ruleset; chains with ${nftChains(name)}, and what they jump to`,
      kernelSource: NFT_PLACE,
    }),
  ),
  {
    id: "netfilter-drop/nft",
    reasons: ["NETFILTER_DROP"],
    symbols: NFT,
    class: "loss",
    meaning:
      "nftables dropped it: a rule, or the policy of a chain. The hook is not known without the stack.",
    advice: "In its namespace: nft -a list ruleset (iptables-nft too); --stacks all shows the hook",
    kernelSource: NFT_PLACE,
  },
];

const OTHERS =
  "iptables-legacy, ebtables, conntrack (its table full), NAT, IPVS, a BPF program, a security module";

const OTHER_HOOKS: readonly VariantRow[] = [
  // On devices there are chains of nftables alone.
  ...HOOKS.filter(({ name }) => !name.startsWith("device-")).map(
    ({ name, callers }): VariantRow => ({
      id: `netfilter-drop/hook-${name}`,
      reasons: ["NETFILTER_DROP"],
      symbols: HOOK_SLOW,
      nearest: { callers, among: ALL_CALLERS },
      class: "loss",
      meaning: `A function at ${hookText(name)} dropped it: ${OTHERS}; before Linux 6.7 perhaps nftables.`,
      advice: "In its namespace: iptables-legacy-save -c; conntrack -S; dmesg (nf_conntrack: table full)",
      kernelSource: HOOK_SLOW_PLACE,
    }),
  ),
  {
    id: "netfilter-drop/hook",
    reasons: ["NETFILTER_DROP"],
    symbols: HOOK_SLOW,
    class: "loss",
    meaning: `A function at a netfilter hook dropped it: ${OTHERS}; before Linux 6.7 perhaps nftables.`,
    advice: "In its namespace: iptables-legacy-save -c; conntrack -S; dmesg (nf_conntrack: table full)",
    kernelSource: HOOK_SLOW_PLACE,
  },
];

export const NETFILTER_VARIANTS: readonly VariantRow[] = [
  ...NFTABLES,
  ...OTHER_HOOKS,
  {
    id: "not-specified/xdp-generic",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["do_xdp_generic", "netif_receive_generic_xdp"],
    class: "loss",
    meaning: "The XDP program of the device dropped it, in generic mode.",
    advice: "Find the program: bpftool net show dev IFACE; ip link show dev IFACE",
    kernelSource: "net/core/dev.c: do_xdp_generic(), netif_receive_generic_xdp() (v6.18)",
  },
  {
    id: "not-specified/nfqueue-verdict",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["nf_reinject", "nfqnl_reinject", "nfqnl_recv_verdict", "nfqnl_recv_verdict_batch"],
    callers: ["nfqnl_recv_verdict", "nfqnl_recv_verdict_batch"],
    class: "loss",
    meaning:
      "A program that reads NFQUEUE gave the verdict to drop it, or a hook behind that queue did. The task on " +
      "the CPU is that program.",
    advice: "cpu_pid and cpu_comm are the program's: read its log. cat /proc/net/netfilter/nfnetlink_queue",
    kernelSource: "net/netfilter/nfnetlink_queue.c: nfqnl_recv_verdict(), nfqnl_reinject() (v6.18)",
  },
  {
    id: "not-specified/nfqueue-ended",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["nf_reinject", "nfqnl_reinject", "nfqnl_flush"],
    callers: ["instance_destroy_rcu", "instance_destroy_work", "nfqnl_flush", "nfqnl_rcv_nl_event"],
    class: "loss",
    meaning: "It waited in an NFQUEUE for a verdict, and the program that reads the queue ended.",
    advice: 'Restart the program; a rule with "queue ... bypass" accepts while nobody reads',
    kernelSource: "net/netfilter/nfnetlink_queue.c: nfqnl_flush(), instance_destroy_rcu() (v6.18)",
  },
  {
    id: "not-specified/nfqueue-not-queued",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["nf_queue", "nf_hook_slow"],
    nearest: { callers: ["nf_queue"], among: ["nf_queue"] },
    class: "loss",
    meaning: "A rule sends it to an NFQUEUE, and it could not be queued: nobody reads it, or it is full.",
    advice: "cat /proc/net/netfilter/nfnetlink_queue: is the queue there, and its program fast enough?",
    kernelSource: "net/netfilter/nf_queue.c: nf_queue() (v6.18)",
  },
];
