/**
 * Every scenario in every way it makes sense: each drop shown exactly once and as it should be, nothing else in its namespaces, the
 * kernel's counters risen as told.
 *
 *     SCENARIOS=tcp/ node --test dist/test/kernel/scenarios/scenarios.test.js      those whose name has this in it
 */
import { test } from "node:test";
import { discoverScenarios, variantName, variantsOf } from "./discover.ts";
import { missing } from "./features.ts";
import { runVariant } from "./run.ts";

const wanted = process.env["SCENARIOS"] ?? "";

const scenarios = (await discoverScenarios()).filter(({ name }) => name.includes(wanted));
for (const scenario of scenarios) {
  const lacking = scenario.needs?.map((feature) => ({ feature, why: missing(feature) })).find(({ why }) => why !== undefined);
  const skip = lacking === undefined ? false : `this kernel lacks ${lacking.feature}: ${lacking.why ?? ""}`;
  for (const variant of variantsOf(scenario)) test(variantName(variant), { skip, timeout: 60_000 }, () => runVariant(variant));
}
