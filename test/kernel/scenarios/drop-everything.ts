/**
 * The simplest drop, for scenarios about the packets: a packet filter that drops everything at one hook.
 */
import type { Hosts } from "../../../src/lab/hosts.ts";
import type { Netns } from "../../../src/lab/netns.ts";
import { received } from "./scenario.ts";

/** nf_hook_slow() is on the stack on all kernels; which function frees the skb differs. */
export const filtered = { reason: "NETFILTER_DROP", class: "loss", frame: "nf_hook_slow" } as const;

/** Dropped in the server's input, before TCP looked for a socket. */
export const filteredInput = {
  ...received,
  ...filtered,
  variant: "nft-input",
  state: undefined,
} as const;

/** A rule for the first segment only: if TCP retransmits it, it passes. */
export const DROP_ONE_SEGMENT = "meta l4proto tcp limit rate 1/hour burst 1 packets drop";

/** Drops all IP packets at a hook; -450 in prerouting is before reassembly. */
export function dropAll(
  host: Netns,
  hook: "input" | "output" | "prerouting" | "postrouting" | "forward",
  rule = "drop",
): void {
  const priority = hook === "prerouting" ? -450 : 0;
  addRule(
    host,
    `table inet filters { chain c { type filter hook ${hook} priority ${priority}; ${rule}; }; }`,
  );
}

/** Drops everything that a device receives, or sends. */
export function dropAtDevice(host: Netns, hook: "ingress" | "egress", device: string, rule = "drop"): void {
  addRule(
    host,
    `table netdev filter_${hook} { chain c { type filter hook ${hook} device "${device}" priority 0; ${rule}; }; }`,
  );
}

export function dropInput({ server }: Hosts): void {
  dropAll(server, "input");
}

function addRule(host: Netns, ruleset: string): void {
  host.run("nft", ["-f", "-"], `${ruleset}\n`);
}
