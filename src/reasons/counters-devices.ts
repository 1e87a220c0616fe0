/** Counters of CPUs and devices: /proc/net/softnet_stat, /proc/net/dev. */
import type { CounterRule } from "./counter-rule.ts";

const RECEIVE = [
  "__netif_receive_skb_core",
  "__netif_receive_skb_one_core",
  "__netif_receive_skb_list_core",
  "__netif_receive_skb",
  "netif_receive_skb",
] as const;

export const DEVICE_COUNTERS: readonly CounterRule[] = [
  {
    counters: ["softnet.dropped"],
    unit: "skbs",
    always: [{ reasons: ["CPU_BACKLOG"] }],
    sometimes: [{ reasons: ["NOT_SPECIFIED"], at: ["enqueue_to_backlog"], before: "DEV_READY" }],
    mayDiffer:
      "It belongs to the machine: packets of other network namespaces, and those that are not TCP, count here too.",
    place: "net/core/dev.c: enqueue_to_backlog() (v6.12)",
  },
  {
    counters: ["*.rx_dropped"],
    unit: "skbs",
    always: [
      { reasons: ["CPU_BACKLOG"] },
      { reasons: ["DEV_READY"], at: ["enqueue_to_backlog"] },
      { reasons: ["UNHANDLED_PROTO"], at: RECEIVE },
    ],
    sometimes: [
      {
        reasons: ["NOT_SPECIFIED"],
        at: [
          "enqueue_to_backlog",
          "__dev_forward_skb",
          "__dev_forward_skb2",
          "veth_xmit",
          "veth_xdp_rcv_skb",
        ],
      },
    ],
    mayDiffer:
      "Packets that are not TCP, that the driver had no room for (rx_missed_errors), or that XDP dropped have no event here.",
    place:
      "net/core/dev.c: enqueue_to_backlog(), __netif_receive_skb_core(); include/linux/netdevice.h: ____dev_forward_skb() (v6.12)",
  },
  {
    counters: ["*.tx_dropped"],
    unit: "skbs",
    always: [{ at: ["tun_net_xmit"] }],
    sometimes: [
      {
        at: [
          "veth_xmit",
          "__dev_queue_xmit",
          "__dev_direct_xmit",
          "validate_xmit_skb",
          "validate_xmit_skb_list",
          "vxlan_xmit",
          "vxlan_xmit_one",
          "dev_hard_start_xmit",
          "kfree_skb_list_reason",
        ],
      },
    ],
    mayDiffer:
      "Packets that are not TCP count here too; a veth counts what its peer's namespace did not take, a tunnel what became of its outer packets; what a qdisc drops does not count.",
    place:
      "net/core/dev.c: __dev_queue_xmit(), validate_xmit_skb(); drivers/net/veth.c: veth_xmit(); drivers/net/tun.c: tun_net_xmit() (v6.12)",
  },
  ...["rx_errors", "tx_errors"].map(
    (counter): CounterRule => ({
      counters: [`*.${counter}`],
      unit: "skbs",
      always: [],
      sometimes: [{ at: ["vxlan_rcv", "tun_get_user", "vxlan_xmit", "vxlan_xmit_one"] }],
      mayDiffer:
        "The driver counts these, mostly before there is a packet that could be dropped (ethtool -S IFACE); a tunnel counts outer packets that were.",
      place: "drivers/net: each driver's own (v6.12)",
    }),
  ),
];
