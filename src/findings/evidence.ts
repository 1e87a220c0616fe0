/**
 * What rules conclude from: plain data that whoever reads the machine hands in. Absent is always "not known",
 * with a reason beside it.
 */
import type { Link } from "../host/links.ts";
import type { SummaryNotice } from "../model/index.ts";
import type { Incident } from "./incident.ts";

/**
 * What a rule needs beside incidents. Where one is missing the rule is listed as not evaluated.
 * - `events`: single drops, not totals alone
 * - `counters`: the kernel's counters of the namespace, at both ends of the run
 * - `sysctl`, `sockets`, `links`, `conntrack`: snapshots of the namespace, at the end
 * - `softnet`: /proc/net/softnet_stat of the machine, at both ends
 */
const NEEDS = ["events", "counters", "sysctl", "sockets", "links", "conntrack", "softnet"] as const;
export type Need = (typeof NEEDS)[number];

/** A listening socket at the end of the run. */
export interface ListenerState {
  /** "0.0.0.0" and "::" listen on every address. */
  readonly address: string;
  readonly port: number;
  /** False for a socket of IPv6 that asked for IPv6 alone (IPV6_V6ONLY), or listens on an address of it. */
  readonly takesIpv4: boolean;
  /** Connections that wait for accept(), and how many may. */
  readonly acceptQueue: number;
  readonly backlog: number;
}

/** How full the table of tracked connections is. */
export interface ConntrackState {
  readonly count: number;
  readonly max: number;
}

/** What is known of a network namespace. */
export interface NetnsEvidence {
  readonly inode: number;
  /** Of `ip netns`; absent where it has none. */
  readonly name: string | undefined;
  /** Words in front of a command so that it runs in there: [] in our own, ["ip", "netns", "exec", "web"]. */
  readonly enter: readonly string[] | undefined;
  /**
   * How much each counter rose during the run, by nstat's name or `softnet.dropped`, `eth0.rx_dropped`. One that
   * is not in it is not known: this kernel does not have it, or it began anew.
   */
  readonly rose: ReadonlyMap<string, number> | undefined;
  /** By path below /proc/sys: "net/core/somaxconn". */
  readonly sysctl: ReadonlyMap<string, string> | undefined;
  readonly listeners: readonly ListenerState[] | undefined;
  /** Network devices at the end of the run. */
  readonly links: readonly Link[] | undefined;
  readonly conntrack: ConntrackState | undefined;
  /** Why something above is absent, a sentence each. */
  readonly problems: readonly string[];
}

export interface Evidence {
  readonly incidents: readonly Incident[];
  readonly summary: SummaryNotice;
  /** Undefined where nothing is known of the namespace. */
  netns(inode: number | undefined): NetnsEvidence | undefined;
}

/** How much a counter rose in a namespace; undefined where that is not known, 0 where it stood still. */
export function roseIn(netns: NetnsEvidence | undefined, counter: string): number | undefined {
  return netns?.rose?.get(counter);
}

/** Why nobody knows how much a counter rose. */
export function whyUnknown(netns: NetnsEvidence | undefined, counter: string): string {
  return netns?.rose === undefined
    ? [COUNTERS_UNREAD, ...(netns?.problems ?? [])].join(": ")
    : `this kernel does not count ${counter}, or began anew with it in the run`;
}

export const COUNTERS_UNREAD =
  "the kernel's counters of the network namespace could not be read at both ends of the run";
