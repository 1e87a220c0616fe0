/** What rules know of netfilter drops: which firewall, at which hook, inside a tunnel. */
import type { Incident } from "../incident.ts";
import type { Command } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { isIn, isReason, isVariant } from "./signs.ts";

export type Firewall = "nftables" | "hook";

/**
 * - `nftables`: the kernel frees the skb inside nft_do_chain(), since about 6.7 and in stable branches
 * - `hook`: by nf_hook_slow(), after any hook function said drop; also nftables where it does not free itself
 */
export function firewallOf(incident: Incident): Firewall | undefined {
  if (!isReason(incident, "NETFILTER_DROP")) return undefined;
  return isIn(incident, "nft_do_chain") ? "nftables" : "hook";
}

/** The function that runs a hook is above it on the stack. */
const HOOK_BY_CALLER: Readonly<Record<string, string>> = {
  ip_local_deliver: "input",
  ip6_input: "input",
  ip_forward: "forward",
  ip6_forward: "forward",
  __ip_local_out: "output",
  ip_local_out: "output",
  __ip6_local_out: "output",
  ip6_xmit: "output",
  ip_output: "postrouting",
  ip6_output: "postrouting",
  ip_rcv: "prerouting",
  ipv6_rcv: "prerouting",
  br_nf_forward_ip: "forward",
  __netif_receive_skb_core: "ingress",
  __dev_queue_xmit: "egress",
};

/** "input", "forward", ...; undefined where no stack shows it. */
export function hookOf({ incidents }: Subject): string | undefined {
  for (const { variant, callers } of incidents) {
    const named = /^netfilter-drop\/(?:nft|hook)-([a-z-]+)$/.exec(variant ?? "")?.[1];
    if (named !== undefined) return named;
    for (const caller of callers) {
      const hook = HOOK_BY_CALLER[caller.split(".")[0] ?? ""];
      if (hook !== undefined) return hook;
    }
  }
  return undefined;
}

/** Which firewall it is, and how that is known. */
export function firewallLine(subject: Subject): string {
  const [first] = subject.incidents;
  const hook = hookOf(subject);
  const at = hook === undefined ? "" : `, in hook ${hook}`;
  if (first !== undefined && firewallOf(first) === "nftables")
    return `nftables dropped it: nft_do_chain() freed the skb${at}`;
  const isOld = subject.incidents.some(({ reasonInferred }) => reasonInferred);
  return isOld
    ? `A hook function dropped it: nftables, iptables or another one; this kernel does not show which${at}`
    : `A hook function dropped it: iptables-legacy, ebtables, conntrack, NAT or another one${at}`;
}

export function isTunnelled({ example }: Subject): boolean {
  return example?.flow?.tunnel === true;
}

/** Lists of rules with their counters, that of the firewall that it is first. */
export function rulesCommands({ incidents }: Subject): readonly Command[] {
  const [first] = incidents;
  const nft: Command = ["nft", "-a", "list", "ruleset"];
  // Unlike "iptables -L", it makes no table that is not there.
  const legacy: Command = [first?.ip === 6 ? "ip6tables-legacy-save" : "iptables-legacy-save", "-c"];
  return first !== undefined && firewallOf(first) === "nftables" ? [nft] : [legacy, nft];
}

/** The verdict of a program that reads packets from an NFQUEUE. */
export function isQueueVerdict(incident: Incident): boolean {
  return (
    isVariant(incident, "not-specified/nfqueue-*") ||
    (isReason(incident, "NOT_SPECIFIED", "NETFILTER_DROP") &&
      isIn(incident, "nf_queue", "nf_reinject", "nfqnl_reinject", "nfqnl_recv_verdict", "nfqnl_flush"))
  );
}
