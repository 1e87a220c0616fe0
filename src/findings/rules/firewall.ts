/** What firewalls drop by a rule, a chain's policy, or the verdict of a program. */
import { plural } from "../headline.ts";
import type { Incident } from "../incident.ts";
import type { DropRule, Rule } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { firewallLine, firewallOf, hookOf, isQueueVerdict, isTunnelled, rulesCommands } from "./netfilter.ts";
import { countText, peersText, serviceText } from "./phrases.ts";
import { certaintyFor, isMidStream } from "./signs.ts";

/**
 * nft_do_chain() frees in two cases: a rule's verdict, and behind it a chain's policy. Of x86 kernels from
 * 6.1 to 7.3 the first is at 0x40f to 0x47f, the second at 0x580 to 0x6e5; arm64 has one for both, at 0x34c.
 */
const POLICY_FROM = 0x500;
const POLICY_BEFORE = 0x800;
/** A SYN without an answer has come again by then. */
const SYN_AGAIN_NS = 2_000_000_000n;

const NFQUEUE: DropRule = {
  about: "drops",
  id: "nfqueue-verdict",
  title: "A program behind NFQUEUE dropped it",
  severity: "critical",
  needs: ["events"],
  signs: "NOT_SPECIFIED in nfqnl_reinject, nf_reinject or nfqnl_recv_verdict; in nf_queue nobody listened.",
  against:
    "Rules behind the queue: they run from there too, and what they drop is dropped in the same function.",
  matches: isQueueVerdict,
  together: "service",
  judge: (subject) => {
    const isUnread = subject.incidents.every(({ function: where }) => where?.startsWith("nf_queue") === true);
    const task = subject.example?.task;
    return {
      certainty: "likely",
      text: isUnread
        ? `${countText(subject, "segment")} to or from ${serviceText(subject)} could not be queued to ` +
          `NFQUEUE: no ` +
          "program reads the queue, or it is full."
        : `${countText(subject, "segment")} to or from ${serviceText(subject)} got the verdict "drop" ` +
          `of the program ` +
          "that reads an NFQUEUE.",
      evidence:
        isUnread || task === undefined
          ? []
          : [
              `On the CPU then: ${task.comm} (process ${task.pid}), which is the program itself in ` +
                `these functions`,
            ],
      next: [
        ["cat", "/proc/net/netfilter/nfnetlink_queue"],
        ["nft", "-a", "list", "ruleset"],
      ],
    };
  },
  refute: "Counters of rules behind the queue (nft -a list ruleset) that rise as such drops come.",
  advice: [
    { action: "Look at the log of the program that reads the queue", why: "the decision is its own" },
    {
      action: "Queue with bypass (nft ... queue flags bypass)",
      why: "then segments pass while no program reads",
      risk: "they pass unchecked",
    },
  ],
  sources: [
    "net/netfilter/nfnetlink_queue.c: nfqnl_recv_verdict(), nfqnl_reinject(); net/netfilter/nf_queue.c: " +
      "nf_queue() (Linux 6.18)",
  ],
};

const FIREWALL_POLICY: DropRule = {
  about: "drops",
  id: "firewall-policy",
  title: "Dropped by the policy of a firewall chain",
  severity: "critical",
  needs: ["events"],
  signs:
    "NETFILTER_DROP in nft_do_chain at the call behind the one for rules: where both are seen in a run, " +
    "the one " +
    "farther in; else one between 0x500 and 0x800 bytes into the function.",
  against: "Nothing that is seen: only the call's location in the kernel's code differs from that of a rule.",
  matches: (incident) => firewallOf(incident) === "nftables",
  together: "service",
  judge: (subject, _netns, { incidents }) => {
    const offsets = new Set(incidents.filter((one) => firewallOf(one) === "nftables").map(offsetOf));
    const isPolicy = (incident: Incident): boolean => isPolicySite(offsetOf(incident), offsets);
    if (!subject.incidents.every(isPolicy)) return undefined;
    const isCompared = offsets.size > 1;
    return {
      certainty: isCompared ? "likely" : "possible",
      text:
        `${droppedText(subject)}: consistent with a chain whose policy is drop, and no rule that ` +
        `accepts them.`,
      evidence: [
        firewallLine(subject),
        `Dropped at ${subject.incidents[0]?.location}, ` +
          (isCompared
            ? "behind the call that rules use in this kernel"
            : "where kernels that were compared apply the policy, and not a rule's verdict"),
        ...tunnelLines(subject),
      ],
      next: [...rulesCommands(subject), ["nft", "monitor", "trace"]],
    };
  },
  refute: "A rule whose counter rises as such drops come; a policy has none.",
  advice: [
    {
      action: "Add a rule that accepts this traffic, before the end of the chain",
      risk: "as wide as the rule is, the firewall is open",
    },
    {
      action: "Put a counter rule last in the chain",
      why: "what it counts is what the policy drops",
    },
  ],
  sources: ["net/netfilter/nf_tables_core.c: nft_do_chain(), nft_base_chain(basechain)->policy (Linux 6.18)"],
};

const FIREWALL_RULE: DropRule = {
  about: "drops",
  id: "firewall-rule",
  title: "Dropped by a firewall",
  severity: "critical",
  needs: [],
  signs: "NETFILTER_DROP: in nft_do_chain by nftables, in nf_hook_slow by iptables-legacy or another hook.",
  against:
    "A full table of tracked connections, and segments that it calls invalid: they have rules of their own.",
  matches: (incident) => firewallOf(incident) !== undefined,
  together: "service",
  judge: (subject, _netns, { summary }) => ({
    certainty: certaintyFor(subject, "certain"),
    ...(isClosing(subject) ? { severity: "warning" } : {}),
    text: `${droppedText(subject)}: by a rule, or the policy of a chain.`,
    evidence: [
      firewallLine(subject),
      ...segmentLines(subject),
      ...answerLines(subject, summary.endedNs),
      ...tunnelLines(subject),
    ],
    next: rulesCommands(subject),
  }),
  refute: "Neither a rule nor a policy for this traffic in the list: then it was removed meanwhile.",
  advice: [
    {
      action: "Find the rule by its counter in the list, and see whether it should match this traffic",
      why: "a rule that rejects has answered them too, and the kernel calls both a drop",
    },
    {
      action: "Where the rule only drops, reject instead (reject with tcp reset)",
      why: "without an answer clients wait until they give up; with one they fail at once",
      risk: "scanners see which ports are filtered",
    },
  ],
  sources: [
    "net/netfilter/core.c: nf_hook_slow(); net/netfilter/nf_tables_core.c: nft_do_chain() (Linux 6.18)",
    "net/netfilter/nft_reject_inet.c: nft_reject_inet_eval(); net/ipv4/netfilter/ipt_REJECT.c: " +
      "reject_tg(): the verdict of both is NF_DROP (Linux 6.18)",
    "https://wiki.nftables.org/wiki-nftables/index.php/Ruleset_debug/tracing",
  ],
};

function offsetOf({ location }: Incident): number | undefined {
  const hex = /\+0x([0-9a-f]+)/.exec(location ?? "")?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}

function isPolicySite(offset: number | undefined, all: ReadonlySet<number | undefined>): boolean {
  if (offset === undefined) return false;
  const others = [...all].flatMap((one) => (one === undefined || one === offset ? [] : one));
  if (others.length > 0) return others.every((other) => other < offset);
  return offset >= POLICY_FROM && offset < POLICY_BEFORE;
}

/** "The firewall (hook forward) dropped 5 segments from 1 peer (192.0.2.1) to or from 192.0.2.2:80". */
function droppedText(subject: Subject): string {
  const hook = hookOf(subject);
  const inside = isTunnelled(subject) ? " inside a tunnel" : "";
  return (
    `The firewall${hook === undefined ? "" : ` (hook ${hook})`} dropped ` +
    `${countText(subject, "segment")}${inside} ` +
    `between ${peersText(subject)} and ${serviceText(subject)}`
  );
}

/** Nothing where no drop was read. */
function segmentLines({ segments: { syn, synAck, rst, fin, payload, bareAck } }: Subject): readonly string[] {
  const counts: readonly (readonly [number, string])[] = [
    [syn, plural(syn, "SYN")],
    [synAck, plural(synAck, "SYN-ACK")],
    [payload, `${payload} with data`],
    [bareAck, plural(bareAck, "pure ACK")],
    [fin, `${fin} with FIN`],
    [rst, `${rst} with RST`],
  ];
  const texts = counts.flatMap(([count, text]) => (count === 0 ? [] : [text]));
  return texts.length === 0 ? [] : [texts.join(", ")];
}

/**
 * Whether clients were answered, as with `reject`, shows in their SYNs alone: without an answer Linux sends
 * one again after 1 s (RFC 6298), from the same port.
 */
function answerLines(subject: Subject, endedNs: bigint): readonly string[] {
  const { segments, connections, count, firstNs, isAtLeast, isDistinctCut } = subject;
  if (segments.syn !== count || firstNs === undefined || isAtLeast || isDistinctCut || connections === 0)
    return [];
  if (count > connections)
    return [`${plural(count - connections, "SYN")} came again: consistent with no answer`];
  return endedNs - firstNs < SYN_AGAIN_NS
    ? []
    : [
        "No SYN came again: consistent with a rule that rejects, so that the clients were answered, or with clients " +
          "that gave up within a second",
      ];
}

/** Nothing but the end of connections: nobody waits for it long. */
function isClosing({ incidents, segments }: Subject): boolean {
  return incidents.every(isMidStream) && segments.payload === 0;
}

function tunnelLines(subject: Subject): readonly string[] {
  return isTunnelled(subject)
    ? [
        "Addresses and ports are those inside a tunnel: the rule may match the outer packet, such as " +
          "UDP port 4789",
      ]
    : [];
}

export const FIREWALL_RULES: readonly Rule[] = [NFQUEUE, FIREWALL_POLICY, FIREWALL_RULE];
