/** Queues that are full: of a CPU, or of a qdisc. */
import type { Incident } from "../incident.ts";
import type { Command, DropRule, Rule } from "../rule.ts";
import { atEgress, type Subject } from "../subject.ts";
import { counterLines, countText, deviceText, list, onDevice, serviceText, sysctlLines } from "./phrases.ts";
import { certaintyFor, isReason, reasonsOf } from "./signs.ts";

const QDISC_REASONS = [
  "QDISC_DROP",
  "QDISC_OVERLIMIT",
  "QDISC_CONGESTED",
  "QDISC_BURST_DROP",
  "FQ_BAND_LIMIT",
  "FQ_HORIZON_LIMIT",
  "FQ_FLOW_LIMIT",
  "CAKE_FLOOD",
  "DUALPI2_STEP_DROP",
];

/** Dropped on purpose, so that senders slow down: what an active queue management is for. */
const ON_PURPOSE = ["QDISC_CONGESTED", "CAKE_FLOOD", "DUALPI2_STEP_DROP"];

function isQdisc(incident: Incident): boolean {
  return isReason(incident, ...QDISC_REASONS) || incident.reasonSubsystem === "QDISC";
}

const SOFTNET_BACKLOG: DropRule = {
  about: "drops",
  id: "softnet-backlog",
  title: "Receive backlog of a CPU full",
  severity: "warning",
  needs: [],
  signs: "CPU_BACKLOG.",
  against: "Nothing: the kernel names it. With flow limits it may be one flow that takes too much.",
  matches: (incident) => isReason(incident, "CPU_BACKLOG"),
  together: "netns",
  judge: (subject, netns) => ({
    certainty: certaintyFor(subject, "certain"),
    text:
      `${countText(subject, "segment")} came in by ` +
      `${list(subject.ifnames.length > 0 ? subject.ifnames : [deviceText(subject)])} ` +
      "while the receive backlog of a CPU was full.",
    evidence: [
      `Services: ${serviceText(subject, "not known")}`,
      ...counterLines(netns, "softnet.dropped", "softnet.time_squeeze", "softnet.flow_limit_count"),
      ...sysctlLines(netns, "net/core/netdev_max_backlog"),
    ],
    next: [
      ["cat", "/proc/net/softnet_stat"],
      ["sysctl", "net.core.netdev_max_backlog", "net.core.netdev_budget"],
    ],
  }),
  refute: "The second column of /proc/net/softnet_stat that stays as it is while such drops come.",
  advice: [
    {
      action:
        "Spread the load over CPUs: interrupts of the device (/proc/interrupts), RPS (rps_cpus of the queue)",
      why: "each CPU has a backlog of its own, and only the busy one drops",
    },
    {
      action: "Double net.core.netdev_max_backlog",
      why: "it helps against bursts",
      risk: "under lasting load it only adds delay",
    },
  ],
  sources: [
    "net/core/dev.c: enqueue_to_backlog(), skb_flow_limit() (Linux 6.18)",
    "Documentation/networking/scaling.rst",
    "Red Hat Enterprise Linux 10, Network troubleshooting and performance tuning: softnet_stat",
  ],
};

const QDISC_SHORT: DropRule = {
  about: "drops",
  id: "qdisc-short",
  title: "Queue of a device full",
  severity: "warning",
  needs: ["events"],
  signs: `${QDISC_REASONS.join(", ")}, or a reason of the subsystem QDISC, by device.`,
  against: "Reasons of active queue management alone (QDISC_CONGESTED): it drops on purpose.",
  matches: isQdisc,
  together: "device",
  judge: (dropped, netns) => {
    const subject = atEgress(dropped);
    const isOnPurpose = reasonsOf(subject).every((reason) => ON_PURPOSE.includes(reason));
    return {
      certainty: certaintyFor(subject, "certain"),
      ...(isOnPurpose ? { severity: "info" } : {}),
      text:
        `The qdisc of ${deviceText(subject)} dropped ${countText(subject, "segment")} of ` +
        `${serviceText(subject, "connections")}: ` +
        (isOnPurpose
          ? "its queue management slows the senders down."
          : "its queue is full, or it limits the rate."),
      evidence: [
        `On ${deviceText(subject)}: ${reasonsOf(subject).join(", ")}`,
        ...counterLines(netns, ...subject.ifnames.map((name) => `${name}.tx_dropped`)),
      ],
      next: qdiscCommands(subject),
    };
  },
  refute: "A number of drops in tc -s qdisc show that stays as it is while such drops come.",
  advice: [
    {
      action: "Compare rate and limit of the qdisc with what the line can carry",
      why: "TCP fills any queue: some drops are how it finds the rate of the line",
    },
    {
      action: "Use fq_codel or fq instead of a plain queue",
      why: "they share the queue between flows, and keep it short",
      risk: "limits that the old qdisc enforced are gone",
    },
    { action: "Raise the limit (tc qdisc change ... limit)", risk: "a longer queue is a longer delay" },
  ],
  sources: [
    "net/core/dev.c: __dev_xmit_skb(); net/sched/sch_generic.c (Linux 6.18)",
    "https://man7.org/linux/man-pages/man8/tc-fq_codel.8.html",
  ],
};

function qdiscCommands(subject: Subject): readonly Command[] {
  const named = onDevice(subject, (name) => ["tc", "-s", "qdisc", "show", "dev", name]);
  return named.length > 0 ? named : [["tc", "-s", "qdisc", "show"]];
}

export const QUEUE_RULES: readonly Rule[] = [SOFTNET_BACKLOG, QDISC_SHORT];
