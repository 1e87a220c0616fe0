/** Reasons of subsystems, whose codes have a high half: Open vSwitch, and qdiscs since they moved into one. */
import { type Columns, rows } from "./reason-row.ts";

const OVS_ADVICE = "ovs-appctl dpctl/dump-flows; ovs-ofctl dump-flows BRIDGE; ovs-vsctl show";

const ovs: readonly Columns[] = [
  ["LAST_ACTION", "loss", "do_execute_actions", undefined, "The flow's last action sent it nowhere.", OVS_ADVICE],
  ["ACTION_ERROR", "loss", "do_execute_actions", undefined, "An action of the flow failed.", OVS_ADVICE],
  ["EXPLICIT", "refused", "do_execute_actions", undefined, "The flow drops it on purpose.", OVS_ADVICE],
  ["EXPLICIT_WITH_ERROR", "loss", "do_execute_actions", undefined, "The flow drops it because of an error.", OVS_ADVICE],
  ["METER", "loss", "do_execute_actions", undefined, "A meter's rate was exceeded.", "ovs-ofctl -O OpenFlow13 meter-stats BRIDGE"],
  ["RECURSION_LIMIT", "loss", "clone_execute", undefined, "Actions nest too deep.", OVS_ADVICE],
  ["DEFERRED_LIMIT", "loss", "clone_execute", undefined, "Too many deferred actions.", OVS_ADVICE],
  ["FRAG_L2_TOO_LONG", "loss", "ovs_fragment", undefined, "The link-layer header is too long to fragment.", "Look at VLAN and MPLS stacks"],
  ["FRAG_INVALID_PROTO", "loss", "ovs_fragment", undefined, "Only IPv4 and IPv6 can be fragmented.", OVS_ADVICE],
  ["CONNTRACK", "loss", "ovs_ct_execute", undefined, "Connection tracking failed.", "conntrack -S; ovs-appctl dpctl/dump-conntrack"],
  ["IP_TTL", "loss", "execute_dec_ttl", undefined, "The TTL ran out.", "A routing loop? traceroute"],
];

const QDISC_ADVICE = "tc -s qdisc show dev IFACE";

const qdisc: readonly Columns[] = [
  ["GENERIC", "loss", "qdisc_drop", undefined, "The queueing discipline dropped it: its queue is full, or it polices.", QDISC_ADVICE],
  ["OVERLIMIT", "loss", "qdisc_drop_reason", undefined, "The queueing discipline's limit is reached.", QDISC_ADVICE],
  ["CONGESTED", "loss", "codel, fq_codel, pie, cake", undefined, "Active queue management dropped it: the queue stood too long.", QDISC_ADVICE],
];

export const SUBSYSTEM_REASONS = [...rows("OPENVSWITCH", ovs), ...rows("QDISC", qdisc)];
