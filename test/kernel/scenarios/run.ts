/** Runs one variant of a scenario under a trace of its namespaces. */
import assert from "node:assert/strict";
import { waitFor } from "../../../src/lab/hosts.ts";
import type { RefusedEvent, Totals } from "../../../src/model/index.ts";
import type { DropFacts } from "../../drop-facts.ts";
import { Tracing } from "../tracing.ts";
import { type Readings, readAll, riseOf, type Unexplained, unexplained } from "./counters.ts";
import type { Variant } from "./discover.ts";
import { check, complete, list, netnsOf } from "./expect.ts";
import { givesSocket, isNamed } from "./reasons.ts";
import type { Expected, ExpectedRise, Lab } from "./scenario.ts";

/** What a scenario expected, and what was seen. */
export interface Observation {
  readonly lab: Lab;
  readonly expected: Expected;
  readonly drops: readonly DropFacts[];
  readonly refused: readonly RefusedEvent[];
  readonly totals: Totals;
  /** How much each expected counter rose. */
  readonly rises: readonly (readonly [ExpectedRise, rose: number])[];
  /** Counters whose rise the drops do not explain, or that drops should have raised. */
  readonly unexplained: readonly Unexplained[];
}

/** Makes the drops under a trace, until everything expected was seen, or 10 s have passed. */
export async function observe({ scenario, family, path }: Variant): Promise<Observation> {
  const { counted = false } = scenario;
  // If the kernel may not give the namespace of a drop, a filter would reject it; listeners are counted in
  // named namespaces.
  const filtered = givesSocket || counted;
  await using tracing = await Tracing.open({
    all: true,
    path,
    filtered,
    refusedSyns: counted ? "counted" : true,
  });
  const { hosts } = tracing;
  // A tail loss probe is sent after some milliseconds: on a slow machine, before the scenario has closed the
  // connection.
  for (const host of [hosts.client, hosts.server]) hosts.setSysctl(host, "ipv4/tcp_early_retrans", "0");
  const lab: Lab = { hosts, family, path, transit: path === "forwarded" ? "router" : "server" };
  const before = readAll(lab);
  const expected = await scenario.run(lab);
  const isThere = (): true | undefined =>
    complete(tracing.drops, expected.drops) &&
    risesOf(expected, before, readAll(lab)).every(
      ([{ by }, rose]) => rose >= (typeof by === "number" ? by : Math.min(...by)),
    )
      ? true
      : undefined;
  await waitFor(isThere, "What the scenario expects").catch(() => undefined);
  const after = readAll(lab);
  const { totals } = await tracing.finish();
  const { drops } = tracing;
  const refused = tracing.events.filter((event) => event.kind === "refused");
  return {
    lab,
    expected,
    drops,
    refused,
    totals,
    rises: risesOf(expected, before, after),
    unexplained: unexplained(lab, {
      before,
      after,
      drops: tracing.events.filter((event) => event.kind === "drop"),
      refused,
    }),
  };
}

function risesOf({ counters = [] }: Expected, before: Readings, after: Readings): Observation["rises"] {
  return counters.flatMap((rise) => {
    const rose = riseOf(before, after, rise);
    return rose === undefined ? [] : [[rise, rose] as const];
  });
}

/** Fails unless what was seen is what was expected. */
export async function runVariant(variant: Variant): Promise<void> {
  const { lab, expected, drops, totals, rises, refused, unexplained: rows } = await observe(variant);
  checkRefused(lab, expected, refused);
  check(lab, drops, expected.drops);
  for (const [{ counter, host, by }, rose] of rises)
    assert([by].flat().includes(rose), `${counter} of the ${host} rose by ${rose}; events: ${list(drops)}`);
  // Reasons and namespaces explain counters: if one of them is unknown, nothing is explained.
  if (
    expected.drops.every(({ reason, subsystem }) => subsystem !== undefined || isNamed(reason)) &&
    drops.every(({ netns }) => netns !== undefined)
  )
    checkExplained(expected, rows, drops);
  assert.deepEqual(
    { lost: totals.lost, unread: totals.unread, undecodable: totals.undecodable },
    { lost: 0, unread: 0, undecodable: expected.undecodable ?? 0 },
  );
}

/** As many SYNs of each listener as were refused, and no others. */
function checkRefused(lab: Lab, { refused: wanted = [] }: Expected, events: readonly RefusedEvent[]): void {
  const reported = new Map<string, number>();
  for (const { device, flow, site, detail } of events) {
    const key = `${device?.netns} ${flow?.dport} ${site.reason}`;
    reported.set(key, (reported.get(key) ?? 0) + detail.count);
  }
  const expected = wanted.map(
    ({ host, dport, cause, count }) => [`${netnsOf(lab, host)} ${dport} ${cause}`, count] as const,
  );
  assert.deepEqual(
    Object.fromEntries(reported),
    Object.fromEntries(expected),
    "SYNs refused by listeners: namespace, port, cause",
  );
}

/** Every rise is explained by the drops, or the scenario says why it cannot be. */
function checkExplained(
  { unexplained: known = [] }: Expected,
  rows: readonly Unexplained[],
  drops: readonly DropFacts[],
): void {
  const left = rows.filter(
    ({ host, row }) => !known.some((one) => one.counter === row.counter && one.host === host),
  );
  const lines = left.map(
    ({ host, row }) => `${row.counter} of the ${host} rose by ${row.rise}, explained ${row.explained}`,
  );
  assert.equal(left.length, 0, `${lines.join("; ")}; events: ${list(drops)}`);
}
