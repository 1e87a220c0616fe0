/** Runs one scenario in one way under a trace of its namespaces. */
import assert from "node:assert/strict";
import type { DropEvent, Totals } from "../../../src/event.ts";
import { waitFor } from "../../../src/lab/hosts.ts";
import { Tracing } from "../tracing.ts";
import { readCounters } from "./counters.ts";
import type { Variant } from "./discover.ts";
import { check, complete, list } from "./expect.ts";
import type { Expected, ExpectedRise, HostName, Lab } from "./scenario.ts";

/** What a scenario expected, and what was seen of it. */
export interface Observation {
  readonly lab: Lab;
  readonly expected: Expected;
  readonly drops: readonly DropEvent[];
  readonly totals: Totals;
  /** How much each expected counter rose. */
  readonly rises: readonly (readonly [ExpectedRise, rose: number])[];
}

/** Makes the drops under a trace, until everything is there that is expected, or 10 s have passed. */
export async function observe({ scenario, family, path }: Variant): Promise<Observation> {
  await using tracing = new Tracing({ all: true, path });
  const { hosts } = tracing;
  const lab: Lab = { hosts, family, path, transit: path === "forwarded" ? "router" : "server" };
  const before = allCounters(lab);
  const expected = await scenario.run(lab);
  const rises = (): Observation["rises"] => (expected.counters ?? []).filter((rise) => isKept(before, rise)).map((rise) => [rise, riseOf(lab, before, rise)]);
  const isThere = (): true | undefined => (complete(tracing.drops, expected.drops) && rises().every(([{ by }, rose]) => rose >= by) ? true : undefined);
  await waitFor(isThere, "What the scenario expects").catch(() => undefined);
  const { totals } = await tracing.finish();
  return { lab, expected, drops: tracing.drops, totals, rises: rises() };
}

/** Fails unless what was seen is what was expected. */
export async function runVariant(variant: Variant): Promise<void> {
  const { lab, expected, drops, totals, rises } = await observe(variant);
  check(lab, drops, expected.drops);
  for (const [{ counter, host, by }, rose] of rises) assert.equal(rose, by, `${counter} of the ${host} rose by ${rose}; events: ${list(drops)}`);
  assert.deepEqual(
    { lost: totals.lost, unread: totals.unread, undecodable: totals.undecodable },
    { lost: 0, unread: 0, undecodable: expected.undecodable ?? 0 },
  );
}

type Counters = ReadonlyMap<HostName, ReadonlyMap<string, number>>;

function allCounters({ hosts }: Lab): Counters {
  const names: readonly HostName[] = ["client", "router", "server"];
  return new Map(names.flatMap((name) => (hosts[name] === undefined ? [] : [[name, readCounters(hosts[name])] as const])));
}

/** A counter that younger kernels have, and this one lacks, is not compared. */
function isKept(before: Counters, { host, counter, since }: ExpectedRise): boolean {
  return since === undefined || before.get(host)?.has(counter) === true;
}

function riseOf({ hosts }: Lab, before: Counters, { host, counter }: ExpectedRise): number {
  const namespace = hosts[host];
  const then = before.get(host)?.get(counter);
  assert(namespace !== undefined && then !== undefined, `the ${host} has a counter ${counter}`);
  return (readCounters(namespace).get(counter) ?? 0) - then;
}
