/**
 * The kernel's counters of a scenario's namespaces: how much each rose, and how much of that the shown drops
 * do not explain.
 */
import assert from "node:assert/strict";
import { type NetCounters, readNetCounters } from "../../../src/host/net-counters.ts";
import type { Netns } from "../../../src/lab/netns.ts";
import type { DropEvent, RefusedEvent } from "../../../src/model/index.ts";
import { EventCounts } from "../../../src/reconcile/event-counts.ts";
import { type ReconcileRow, reconcile } from "../../../src/reconcile/reconcile.ts";
import { kernelReasons } from "./reasons.ts";
import type { ExpectedRise, HostName, Lab } from "./scenario.ts";

export type Readings = ReadonlyMap<HostName, NetCounters>;

/** A row that is not fully explained, and its host. */
export interface Unexplained {
  readonly host: HostName;
  readonly row: ReconcileRow;
}

/** On loopback, both names of the one host. */
export function readAll({ hosts }: Lab): Readings {
  const names: readonly HostName[] = ["client", "router", "server"];
  return new Map(
    names.flatMap((name) =>
      hosts[name] === undefined ? [] : [[name, hosts[name].inside(() => readNetCounters())] as const],
    ),
  );
}

/** undefined for a counter that only newer kernels have. */
export function riseOf(
  before: Readings,
  after: Readings,
  { host, counter, since }: ExpectedRise,
): number | undefined {
  const then = before.get(host)?.get(counter);
  if (then === undefined && since !== undefined) return undefined;
  assert(then !== undefined, `the ${host} has a counter ${counter}`);
  return Number((after.get(host)?.get(counter) ?? 0n) - then);
}

interface Watched {
  readonly before: Readings;
  readonly after: Readings;
  readonly drops: readonly DropEvent[];
  readonly refused: readonly RefusedEvent[];
}

/** Rows with a difference, except those that other protocols may have raised. */
export function unexplained(lab: Lab, watched: Watched): readonly Unexplained[] {
  const { before, after, drops, refused } = watched;
  return [...before].flatMap(([host, counters]) => {
    const netns = lab.hosts[host]?.inode;
    const counts = new EventCounts();
    for (const drop of drops) if (drop.device?.netns === netns) counts.add(drop);
    for (const { device, site, detail } of refused)
      if (device?.netns === netns) counts.addRefused({ cause: site.reason, count: detail.count });
    const { rows } = reconcile({
      before: counters,
      after: after.get(host) ?? counters,
      events: counts.list,
      kernelReasons,
    });
    return rows.filter((row) => isUnexplained(row, room(watched, row.counter))).map((row) => ({ host, row }));
  });
}

/** A drop that did not raise its counter is not caused by other traffic. */
export function isUnexplained({ difference = 0 }: Pick<ReconcileRow, "difference">, room: number): boolean {
  return difference < 0 || difference > room;
}

/**
 * How much of a rise may be foreign: the hosts exchange ICMPv6 (multicast listener reports, router
 * solicitations), which finds no route and no receiver.
 */
function room({ after }: Watched, counter: string): number {
  // softnet belongs to the machine; devices count everything that fills their queues.
  // Ip6OutDiscards counts the hosts' own ICMPv6 that a queue dropped, ndisc_send_skb(); TCP never raises it.
  if (counter.includes(".") || counter === "IpReasmFails" || counter === "Ip6OutDiscards")
    return Number.POSITIVE_INFINITY;
  if (!counter.startsWith("Ip6")) return 0;
  let sent = 0n;
  // Since the start of the hosts: packets sent before the first reading may arrive after it.
  for (const counters of after.values()) sent += counters.get("Icmp6OutMsgs") ?? 0n;
  return Number(sent);
}

/** Those of one host, as numbers. */
export function readCounters(host: Netns): ReadonlyMap<string, number> {
  return new Map([...host.inside(() => readNetCounters())].map(([name, value]) => [name, Number(value)]));
}
