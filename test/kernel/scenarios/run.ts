/** Runs one scenario in one way under a trace of its namespaces. */
import assert from "node:assert/strict";
import { waitFor } from "../../../src/lab/hosts.ts";
import { Tracing } from "../tracing.ts";
import { readCounters } from "./counters.ts";
import type { Variant } from "./discover.ts";
import { check, complete, list } from "./expect.ts";
import type { ExpectedRise, HostName, Lab } from "./scenario.ts";

export async function runVariant({ scenario, family, path }: Variant): Promise<void> {
  await using tracing = new Tracing({ all: true, path });
  const { hosts } = tracing;
  const lab: Lab = { hosts, family, path, transit: path === "forwarded" ? "router" : "server" };
  const before = allCounters(lab);
  const expected = await scenario.run(lab);
  const rises = expected.counters ?? [];
  const isThere = (): true | undefined => (complete(tracing.drops, expected.drops) && hasRisen(lab, before, rises) ? true : undefined);
  await waitFor(isThere, "What the scenario expects").catch(() => undefined);
  const { totals } = await tracing.finish();
  check(lab, tracing.drops, expected.drops);
  for (const rise of rises) {
    const rose = riseOf(lab, before, rise);
    assert.equal(rose, rise.by, `${rise.counter} of the ${rise.host} rose by ${rose}; events: ${list(tracing.drops)}`);
  }
  assert.deepEqual({ lost: totals.lost, unread: totals.unread, undecodable: totals.undecodable }, { lost: 0, unread: 0, undecodable: 0 });
}

type Counters = ReadonlyMap<HostName, ReadonlyMap<string, number>>;

function allCounters({ hosts }: Lab): Counters {
  const names: readonly HostName[] = ["client", "router", "server"];
  return new Map(names.flatMap((name) => (hosts[name] === undefined ? [] : [[name, readCounters(hosts[name])] as const])));
}

function riseOf({ hosts }: Lab, before: Counters, { host, counter }: ExpectedRise): number {
  const namespace = hosts[host];
  const then = before.get(host)?.get(counter);
  assert(namespace !== undefined && then !== undefined, `the ${host} has a counter ${counter}`);
  return (readCounters(namespace).get(counter) ?? 0) - then;
}

function hasRisen(lab: Lab, before: Counters, rises: readonly ExpectedRise[]): boolean {
  return rises.every((rise) => riseOf(lab, before, rise) >= rise.by);
}
