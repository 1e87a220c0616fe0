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
    mayDiffer: "It belongs to the machine: packets of other namespaces and of other protocols count too.",
    kernelSource: "net/core/dev.c: enqueue_to_backlog() (v6.12)",
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
      "It counts other protocols, packets that the driver had no room for (rx_missed_errors), and XDP " +
      "drops too.",
    kernelSource:
      "net/core/dev.c: enqueue_to_backlog(), __netif_receive_skb_core(); include/linux/netdevice.h: " +
      "____dev_forward_skb() (v6.12)",
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
      "Packets of other protocols count too; a veth counts drops in its peer's namespace, a tunnel drops " +
      "of its outer packets. Drops of a qdisc do not count.",
    kernelSource:
      "net/core/dev.c: __dev_queue_xmit(), validate_xmit_skb(); drivers/net/veth.c: veth_xmit(); " +
      "drivers/net/tun.c: tun_net_xmit() (v6.12)",
  },
  ...["rx_errors", "tx_errors"].map(
    (counter): CounterRule => ({
      counters: [`*.${counter}`],
      unit: "skbs",
      always: [],
      sometimes: [{ at: ["vxlan_rcv", "tun_get_user", "vxlan_xmit", "vxlan_xmit_one"] }],
      mayDiffer:
        "The driver counts these, usually before there is an skb (ethtool -S IFACE); a tunnel counts " +
        "dropped outer packets.",
      kernelSource: "drivers/net: each driver's own (v6.12)",
    }),
  ),
];
