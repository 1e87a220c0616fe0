/** Rules of the packet filter and of traffic control, in a namespace. */
import type { Family, Hosts } from "../../../src/lab/hosts.ts";
import type { Netns } from "../../../src/lab/netns.ts";
import type { Path } from "../../../src/lab/topology.ts";

/** One nft chain at a hook with one rule. `at` is the text between "type" and the semicolon. */
export function nftRule(host: Netns, table: string, at: string, rule: string): void {
  host.run("nft", ["-f", "-"], `table ${table} t { chain c { type ${at} priority 0; ${rule}; }; }\n`);
}

/** iptables-legacy or ip6tables-legacy, depending on the family. */
export function iptables(host: Netns, family: Family, words: string): void {
  host.run(family === 4 ? "iptables-legacy" : "ip6tables-legacy", words.split(" "));
}

/** A classifier that returns TC_ACT_SHOT (2) for every packet: `ret #2` in classic BPF. */
export function tcDrop(host: Netns, device: string, direction: "ingress" | "egress"): void {
  host.run(
    "tc",
    ["-batch", "-"],
    `qdisc add dev ${device} clsact\nfilter add dev ${device} ${direction} bpf da bytecode '1,6 0 0 2'\n`,
  );
}

/** Arguments of `tc`, `ip` or `nft`, one command per line. */
export function tc(host: Netns, ...lines: readonly string[]): void {
  host.run("tc", ["-batch", "-"], `${lines.join("\n")}\n`);
}

export function ip(host: Netns, ...lines: readonly string[]): void {
  host.run("ip", ["-batch", "-"], `${lines.join("\n")}\n`);
}

/** The host that filters packets from the client, and its device: the router, or the server. */
export function firstReceiver(hosts: Hosts, path: Path): { readonly host: Netns; readonly device: string } {
  return path === "forwarded" && hosts.router !== undefined
    ? { host: hosts.router, device: "rtc0" }
    : { host: hosts.server, device: hosts.serverDevice };
}
