/** The kernel's counters of a scenario's namespaces: how much each rose, and what of it the drops that were shown do not explain. */
import assert from "node:assert/strict";
import type { DropEvent } from "../../../src/event.ts";
import { type NetCounters, readNetCounters } from "../../../src/host/net-counters.ts";
import type { Netns } from "../../../src/lab/netns.ts";
import { EventCounts } from "../../../src/reconcile/event-counts.ts";
import { type ReconcileRow, reconcile } from "../../../src/reconcile/reconcile.ts";
import { kernelReasons } from "./reasons.ts";
import type { ExpectedRise, HostName, Lab } from "./scenario.ts";

export type Readings = ReadonlyMap<HostName, NetCounters>;

/** A row that says something else than "explained", and whose it is. */
export interface Unexplained {
  readonly host: HostName;
  readonly row: ReconcileRow;
}

/** Both names of the one host on loopback. */
export function readAll({ hosts }: Lab): Readings {
  const names: readonly HostName[] = ["client", "router", "server"];
  return new Map(names.flatMap((name) => (hosts[name] === undefined ? [] : [[name, hosts[name].inside(() => readNetCounters())] as const])));
}

/** undefined for a counter that younger kernels have and this one lacks. */
export function riseOf(before: Readings, after: Readings, { host, counter, since }: ExpectedRise): number | undefined {
  const then = before.get(host)?.get(counter);
  if (then === undefined && since !== undefined) return undefined;
  assert(then !== undefined, `the ${host} has a counter ${counter}`);
  return Number((after.get(host)?.get(counter) ?? 0n) - then);
}

/** Rows whose difference is not 0; softnet's counters belong to the machine and not to a namespace. */
export function unexplained(lab: Lab, before: Readings, after: Readings, drops: readonly DropEvent[]): readonly Unexplained[] {
  return [...before].flatMap(([host, counters]) => {
    const counts = new EventCounts();
    for (const drop of drops) if (drop.netns === lab.hosts[host]?.inode) counts.add(drop);
    const { rows } = reconcile({ before: counters, after: after.get(host) ?? counters, events: counts.list, kernelReasons });
    return rows.filter(({ counter, difference }) => difference !== 0 && !counter.startsWith("softnet.")).map((row) => ({ host, row }));
  });
}

/** Those of one host, as numbers. */
export function readCounters(host: Netns): ReadonlyMap<string, number> {
  return new Map([...host.inside(() => readNetCounters())].map(([name, value]) => [name, Number(value)]));
}
