/**
 * Every scenario in every way it makes sense: each drop shown exactly once and as it should be, nothing else in its namespaces, the
 * kernel's counters risen as told.
 *
 *     SCENARIOS=tcp/ node --test dist/test/kernel/scenarios/scenarios.test.js      those whose name has this in it
 *     SCENARIO_WAYS=one                                                           each in one of its ways: a third of them
 */
import { test } from "node:test";
import { patient } from "../../patience.ts";
import { discoverScenarios, type NamedScenario, type Variant, variantName, variantsOf } from "./discover.ts";
import { missing } from "./features.ts";
import { runVariant } from "./run.ts";

const wanted = process.env["SCENARIOS"] ?? "";

/** One way differs from scenario to scenario: every family and path comes up. */
function waysOf(scenario: NamedScenario): readonly Variant[] {
  const ways = variantsOf(scenario);
  if (process.env["SCENARIO_WAYS"] !== "one") return ways;
  return ways.slice(scenario.name.length % ways.length).slice(0, 1);
}

const scenarios = (await discoverScenarios()).filter(({ name }) => name.includes(wanted));
for (const scenario of scenarios) {
  const lacking = scenario.needs?.map((feature) => ({ feature, why: missing(feature) })).find(({ why }) => why !== undefined);
  const skip = lacking === undefined ? false : `this kernel lacks ${lacking.feature}: ${lacking.why ?? ""}`;
  for (const variant of waysOf(scenario)) test(variantName(variant), { skip, timeout: patient(60_000) }, () => runVariant(variant));
}
