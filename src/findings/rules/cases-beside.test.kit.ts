/** What is no drop of a connection, and what no other rule has. */
import type { SummaryNotice } from "../../model/index.ts";
import { drops, quietSummary, rose } from "../incidents.test.kit.ts";
import { DATA, RCV, type RuleCase, SYN_ACK } from "./rule-case.test.kit.ts";

const copies: Partial<SummaryNotice> = {
  totals: { ...quietSummary().totals, hidden: { normal: 0, copy: 60 } },
  hiddenByReason: [
    {
      reason: "QUEUE_PURGE",
      reasonCode: 1,
      reasonSubsystem: "CORE",
      reasonInferred: false,
      class: "copy",
      count: 60,
    },
  ],
};

export const BESIDE: readonly RuleCase[] = [
  {
    rule: "capture-beside",
    title: "sixty copies",
    events: [],
    summary: copies,
    is: { certainty: "certain", severity: "info", count: 60 },
    evidence: /60 for QUEUE_PURGE/,
    next: /^ss -0ap$/,
  },
  {
    rule: "capture-beside",
    title: "normal drops alone",
    events: [],
    summary: { totals: { ...quietSummary().totals, hidden: { normal: 60, copy: 0 } } },
    instead: [],
  },
  {
    rule: "hardware-drops",
    title: "the device counts what nobody saw",
    events: [],
    netns: { rose: rose({ "eth0.rx_dropped": 500, "lo.rx_dropped": 900 }) },
    is: { certainty: "possible", severity: "info" },
    text: /^eth0 dropped/,
    next: /^ip netns exec web ethtool -S eth0$/,
  },
  {
    rule: "hardware-drops",
    title: "the backlog of a CPU explains them",
    events: drops({ reason: "CPU_BACKLOG", location: "enqueue_to_backlog+0x10", count: 40, ...DATA }),
    netns: { rose: rose({ "eth0.rx_dropped": 40 }) },
    instead: ["softnet-backlog"],
  },
  {
    rule: "other-drops",
    title: "a reason that no rule is about",
    events: drops({ reason: "XFRM_POLICY", location: RCV }),
    is: { certainty: "certain", severity: "warning" },
    text: /XFRM_POLICY in tcp_v4_rcv/,
  },
  {
    rule: "other-drops",
    title: "what is refused, and harms nobody",
    events: drops({ reason: "TCP_FLAGS", location: "tcp_rcv_state_process+0x10", flags: [...SYN_ACK] }),
    instead: [],
  },
];
