/**
 * A scenario: one kind of drop, made by the real kernel, with everything that a tracer and the kernel's
 * counters must show.
 */

import type { Family, Hosts } from "../../../src/lab/hosts.ts";
import type { Path } from "../../../src/lab/topology.ts";
import type { Direction, DropClass, Outer, RefusedCause, TcpFlag } from "../../../src/model/index.ts";
import type { DropFacts } from "../../drop-facts.ts";
import type { Feature } from "./features.ts";

export type HostName = "client" | "router" | "server";

/** One kind of event that must be shown exactly `count` times. */
export interface ExpectedDrop {
  /** The name, on kernels that have it. */
  readonly reason: string;
  /** The name on other kernels; default: NOT_SPECIFIED. */
  readonly reasonBefore?: string;
  /** Default: "CORE". */
  readonly subsystem?: string;
  readonly class: DropClass;
  /**
   * The variant: its id, or what follows the reason's own id and a slash. Default: the reason's own, and of
   * NO_SOCKET what the flags say.
   */
  readonly variant?: string;
  /** The host that drops it. */
  readonly host: HostName;
  readonly direction: Direction;
  /** undefined if there is no socket to believe. */
  readonly state: string | undefined;
  readonly flags: readonly TcpFlag[] | undefined;
  /** The packet's own addresses; default: those of client and server, in this order. */
  readonly saddr?: string;
  readonly daddr?: string;
  /** Not compared if a stack chose it, so that the scenario cannot know it. */
  readonly sport?: number;
  readonly dport?: number;
  /** A function on the stack; all of its names, if they differ between kernels. */
  readonly frame: string | readonly string[];
  /** Default: 1. */
  readonly count?: number;
  /** Wire segments that each event stands for; default: 1. */
  readonly segments?: number;
  readonly tunnel?: boolean;
  /** What the outer header must show. */
  readonly outer?: Partial<Outer>;
  /** More fields of the event, if the scenario is about them: payloadLen, seq, mark, ifname ... */
  readonly also?: Partial<DropFacts>;
}

/** A counter of the kernel that must rise by exactly this number, or by one of these. */
export interface ExpectedRise {
  readonly host: HostName;
  /** Like "TcpExtTCPBacklogDrop". */
  readonly counter: string;
  readonly by: number | readonly number[];
  /** Kernels before this lack the counter; there it is not compared. */
  readonly since?: string;
}

/** SYNs that a listening socket refuses without a kfree_skb event: known from the listener's own count. */
export interface ExpectedRefusal {
  readonly host: HostName;
  readonly dport: number;
  readonly cause: RefusedCause;
  readonly count: number;
}

/** A counter that rises without a drop that can be shown, or a drop that its counter does not count. */
export interface Unexplainable {
  readonly host: HostName;
  readonly counter: string;
  /** The kernel place. */
  readonly why: string;
}

export interface Expected {
  readonly drops: readonly ExpectedDrop[];
  readonly counters?: readonly ExpectedRise[];
  readonly refused?: readonly ExpectedRefusal[];
  /** Every other rise of a drop counter must be explained by the drops, as `tcpdrop reconcile` does. */
  readonly unexplained?: readonly Unexplainable[];
  /**
   * Drops that are recognised and cannot be decoded; default: none. They are counted, not shown.
   */
  readonly undecodable?: number;
}

export interface Scenario {
  /** One line for people, as in docs/recall.md. */
  readonly title: string;
  readonly families: readonly Family[];
  readonly paths: readonly Path[];
  /** What the kernel must offer; a skip names it. */
  readonly needs?: readonly Feature[];
  /** Waits for a timer of the kernel, or moves much data: not in the fast half. */
  readonly slow?: boolean;
  /**
   * Refuses a SYN before tcp_conn_request(), so that probes of it see nothing: refused SYNs are to be
   * counted.
   */
  readonly counted?: boolean;
  /** Makes the drops; by then, or shortly after, they have happened. */
  readonly run: (lab: Lab) => Expected | Promise<Expected>;
}

/** The hosts of one run of a scenario. */
export interface Lab {
  readonly hosts: Hosts;
  readonly family: Family;
  readonly path: Path;
  /**
   * The host before the server's stack where packets in transit are filtered: the router, or the server
   * itself.
   */
  readonly transit: HostName;
}

export const BOTH: readonly Family[] = [4, 6];
export const EVERY_PATH: readonly Path[] = ["veth", "loopback", "forwarded"];

/** The drop of a segment on its way from the client to the server's TCP: what most scenarios share. */
export const received = {
  host: "server",
  direction: "rx",
} as const;

/** RSTs that a socket call sends, without a segment that causes them; on loopback both names are one host. */
export function resetBy({ path }: Lab, host: HostName, why: string): readonly Unexplainable[] {
  const hosts: readonly HostName[] = path === "loopback" ? ["client", "server"] : [host];
  return hosts.flatMap((one) =>
    ["TcpOutRsts", "TcpExtTCPAbortOnData"].map((counter) => ({ host: one, counter, why })),
  );
}
