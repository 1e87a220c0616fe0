/**
 * Reasons of subsystems, whose codes have a high half: Open vSwitch, and the queueing disciplines since they
 * moved into one.
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
    "The flow has no action that sends the packet anywhere.",
    OVS_FLOWS,
  ],
  ["ACTION_ERROR", "loss", "do_execute_actions()", "An action of the flow failed.", OVS_FLOWS],
  ["EXPLICIT", "loss", "do_execute_actions()", "The flow says drop.", OVS_FLOWS],
  [
    "EXPLICIT_WITH_ERROR",
    "loss",
    "do_execute_actions()",
    "The flow says drop, because an error came up while it was made.",
    OVS_FLOWS,
  ],
  [
    "METER",
    "loss",
    "do_execute_actions()",
    "More packets came than the meter allows.",
    "Look at the meter: ovs-ofctl -O OpenFlow13 meter-stats BRIDGE",
  ],
  [
    "RECURSION_LIMIT",
    "loss",
    "ovs_execute_actions()",
    "The actions of flows nest too deeply.",
    "Look for a loop between bridges or recirculations: ovs-vsctl show; dmesg",
  ],
  [
    "DEFERRED_LIMIT",
    "loss",
    "clone_execute()",
    "Too many actions were put off until later.",
    "Look for flows that clone or recirculate too much: ovs-appctl dpctl/dump-flows",
  ],
  [
    "FRAG_L2_TOO_LONG",
    "loss",
    "ovs_fragment()",
    "The link-layer header is too long for the packet to be fragmented.",
    "Too many VLAN or MPLS tags, or an MTU that is too small on the way out",
  ],
  [
    "FRAG_INVALID_PROTO",
    "loss",
    "ovs_fragment()",
    "Too large, and neither IPv4 nor IPv6, so it cannot be fragmented.",
    "Raise the MTU of the port that it leaves by",
  ],
  [
    "CONNTRACK",
    "loss",
    "ovs_ct_execute()",
    "Connection tracking of the flow failed.",
    "Is the table full? conntrack -S; ovs-appctl dpctl/ct-stats-show",
  ],
  [
    "IP_TTL",
    "loss",
    "dec_ttl_exception_handler()",
    "The TTL ran out.",
    "A routing loop? ovs-appctl ofproto/trace BRIDGE FLOW; mtr",
  ],
];

const QDISC = "tc -s qdisc show dev IFACE";

/**
 * Up to 7.3 the kernel gives these to the tracepoint qdisc:qdisc_drop alone, and QDISC_DROP of CORE to
 * kfree_skb.
 */
const qdisc: readonly Columns[] = [
  [
    "UNSPEC",
    "loss",
    "sch_cake.c: cobalt_should_drop()",
    "The queueing discipline dropped it and did not say why.",
    QDISC,
  ],
  [
    "GENERIC",
    "loss",
    "../core/dev.c: __dev_xmit_skb()",
    "The queueing discipline dropped it: full, shaping, or on purpose.",
    `${QDISC}: dropped, backlog, limit, rate`,
  ],
  [
    "OVERLIMIT",
    "loss",
    "sch_generic.c: pfifo_fast_enqueue()",
    "The queue of the queueing discipline is full.",
    `${QDISC}: raise limit or rate, or send less`,
  ],
  [
    "CONGESTED",
    "loss",
    "sch_fq_codel.c: drop_func()",
    "Dropped to make the sender slow down: packets waited too long.",
    `The link is congested: ${QDISC}; ECN avoids the drop`,
  ],
  [
    "MAXFLOWS",
    "loss",
    "sch_sfq.c: sfq_enqueue()",
    "The queueing discipline has no slot left for another flow.",
    `${QDISC}: raise flows (sfq)`,
  ],
  [
    "FLOOD_PROTECTION",
    "loss",
    "sch_cake.c: cobalt_should_drop()",
    "A flow that does not react to congestion was cut back.",
    `${QDISC}: which flow floods the link?`,
  ],
  [
    "BAND_LIMIT",
    "loss",
    "sch_fq.c: fq_enqueue()",
    "One priority band is full.",
    `${QDISC}: raise fq's limit, or look at the band's traffic`,
  ],
  [
    "HORIZON_LIMIT",
    "loss",
    "sch_fq.c: fq_enqueue()",
    "The packet asks to be sent too far in the future.",
    `${QDISC} (horizon_drops); clocks and SO_TXTIME of the sender`,
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
    "It waited too long in the low-latency queue and cannot be marked.",
    `${QDISC}: step_thresh; ECN avoids the drop`,
  ],
];

function rows(
  subsystem: string,
  place: (where: string) => string,
  table: readonly Columns[],
): readonly ReasonRow[] {
  return table.map(([name, dropClass, where, meaning, advice]) => ({
    name,
    subsystem,
    class: dropClass,
    place: place(where),
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
