/**
 * Reasons of subsystems, whose number is in the upper half of the code: Open vSwitch, and qdiscs since they
 * have a subsystem.
 */
import type { DropClass } from "../model/index.ts";
import type { ReasonRow } from "./reason-row.ts";

/** name, class, function, meaning, advice */
type Columns = readonly [string, DropClass, string, string, string];

const OVS_FLOWS = "Find the flow: ovs-appctl dpctl/dump-flows; ovs-appctl ofproto/trace BRIDGE FLOW";

const openvswitch: readonly Columns[] = [
  [
    "LAST_ACTION",
    "loss",
    "do_execute_actions()",
    "No action of the flow sends the packet anywhere.",
    OVS_FLOWS,
  ],
  ["ACTION_ERROR", "loss", "do_execute_actions()", "An action of the flow failed.", OVS_FLOWS],
  ["EXPLICIT", "loss", "do_execute_actions()", "The action of the flow is drop.", OVS_FLOWS],
  [
    "EXPLICIT_WITH_ERROR",
    "loss",
    "do_execute_actions()",
    "The action of the flow is drop, because of an error when it was made.",
    OVS_FLOWS,
  ],
  [
    "METER",
    "loss",
    "do_execute_actions()",
    "The packet exceeds the rate of a meter.",
    "Look at the meter: ovs-ofctl -O OpenFlow13 meter-stats BRIDGE",
  ],
  [
    "RECURSION_LIMIT",
    "loss",
    "ovs_execute_actions()",
    "The actions of flows are nested too deeply.",
    "Look for a loop between bridges or recirculations: ovs-vsctl show; dmesg",
  ],
  [
    "DEFERRED_LIMIT",
    "loss",
    "clone_execute()",
    "Too many actions were deferred.",
    "Look for flows that clone or recirculate too much: ovs-appctl dpctl/dump-flows",
  ],
  [
    "FRAG_L2_TOO_LONG",
    "loss",
    "ovs_fragment()",
    "The link-layer header is too long for the packet to be fragmented.",
    "Too many VLAN or MPLS tags, or too small an MTU at egress",
  ],
  [
    "FRAG_INVALID_PROTO",
    "loss",
    "ovs_fragment()",
    "The packet is too large, and cannot be fragmented: it is neither IPv4 nor IPv6.",
    "Raise the MTU of the egress port",
  ],
  [
    "CONNTRACK",
    "loss",
    "ovs_ct_execute()",
    "Connection tracking failed for the flow.",
    "Is the table full? conntrack -S; ovs-appctl dpctl/ct-stats-show",
  ],
  [
    "IP_TTL",
    "loss",
    "dec_ttl_exception_handler()",
    "The TTL expired.",
    "A routing loop? ovs-appctl ofproto/trace BRIDGE FLOW; mtr DADDR",
  ],
];

const QDISC = "tc -s qdisc show dev IFACE";

/**
 * Up to 7.3 the kernel passes these only to the tracepoint qdisc:qdisc_drop, and QDISC_DROP of CORE to
 * kfree_skb.
 */
const qdisc: readonly Columns[] = [
  ["UNSPEC", "loss", "sch_cake.c: cobalt_should_drop()", "The qdisc dropped it and gave no reason.", QDISC],
  [
    "GENERIC",
    "loss",
    "../core/dev.c: __dev_xmit_skb()",
    "The qdisc dropped it: its queue is full, it shapes, or it drops on purpose.",
    `${QDISC}: dropped, backlog, limit, rate`,
  ],
  [
    "OVERLIMIT",
    "loss",
    "sch_generic.c: pfifo_fast_enqueue()",
    "The queue of the qdisc is full.",
    `${QDISC}: raise limit or rate, or send less`,
  ],
  [
    "CONGESTED",
    "loss",
    "sch_fq_codel.c: drop_func()",
    "Dropped to slow the sender down: packets waited too long.",
    `The link is congested: ${QDISC}; ECN avoids the drop`,
  ],
  [
    "MAXFLOWS",
    "loss",
    "sch_sfq.c: sfq_enqueue()",
    "The qdisc has no slot for another flow.",
    `${QDISC}: raise flows (sfq)`,
  ],
  [
    "FLOOD_PROTECTION",
    "loss",
    "sch_cake.c: cobalt_should_drop()",
    "A flow that does not react to congestion was limited.",
    `${QDISC}: which flow floods the link?`,
  ],
  [
    "BAND_LIMIT",
    "loss",
    "sch_fq.c: fq_enqueue()",
    "One priority band is full.",
    `${QDISC}: raise the limit of fq, or check the band's traffic`,
  ],
  [
    "HORIZON_LIMIT",
    "loss",
    "sch_fq.c: fq_enqueue()",
    "The packet's send time is too far in the future.",
    `${QDISC} (horizon_drops); check the sender's clocks and SO_TXTIME`,
  ],
  [
    "FLOW_LIMIT",
    "loss",
    "sch_fq.c: fq_enqueue(); sch_sfq.c: sfq_enqueue()",
    "One flow has too many packets waiting.",
    `${QDISC} (flows_plimit): raise flow_limit or depth`,
  ],
  [
    "L4S_STEP_NON_ECN",
    "loss",
    "sch_dualpi2.c: __dualpi2_qdisc_dequeue()",
    "It waited too long in the low-latency queue, and has no ECN to be marked with.",
    `${QDISC}: step_thresh; ECN avoids the drop`,
  ],
];

function rows(
  subsystem: string,
  kernelSource: (where: string) => string,
  table: readonly Columns[],
): readonly ReasonRow[] {
  return table.map(([name, dropClass, where, meaning, advice]) => ({
    name,
    subsystem,
    class: dropClass,
    kernelSource: kernelSource(where),
    meaning,
    advice,
  }));
}

export const SUBSYSTEM_REASONS: readonly ReasonRow[] = [
  ...rows(
    "OPENVSWITCH",
    (where) =>
      `net/openvswitch/${where.startsWith("ovs_ct_") ? "conntrack.c" : "actions.c"}: ${where} (v7.3)`,
    openvswitch,
  ),
  ...rows(
    "QDISC",
    (where) => `${where.startsWith("../") ? `net/${where.slice(3)}` : `net/sched/${where}`} (v7.3)`,
    qdisc,
  ),
];
