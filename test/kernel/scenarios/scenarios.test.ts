/**
 * Every scenario in every variant: each drop is shown exactly once and correctly, nothing else in its
 * namespaces, and the kernel's counters rise as stated.
 *
 *     SCENARIOS=tcp/ node --test dist/test/kernel/scenarios/scenarios.test.js      those whose name matches
 *     SCENARIO_SHARE=0/4                                                          a fourth of them, each in one of its ways
 */
import { test } from "node:test";
import { patient } from "../../patience.ts";
import { discoverScenarios, type NamedScenario, type Variant, variantName, variantsOf } from "./discover.ts";
import { missing } from "./features.ts";
import { runVariant } from "./run.ts";

const wanted = new RegExp(process.env["SCENARIOS"] ?? "");

/** Of this share only: "0/4" is the first of every four scenarios. */
const wantedShare = process.env["SCENARIO_SHARE"];
const share = /^(\d+)\/(\d+)$/.exec(wantedShare ?? "");
if (wantedShare !== undefined && share === null)
  throw new Error(`SCENARIO_SHARE is like 0/4, and not ${wantedShare}`);

/** In a share, one way, which differs from scenario to scenario: every family and path comes up. */
function waysOf(scenario: NamedScenario): readonly Variant[] {
  const ways = variantsOf(scenario);
  return share === null ? ways : ways.slice(scenario.name.length % ways.length).slice(0, 1);
}

const scenarios = (await discoverScenarios())
  .filter(({ name }) => wanted.test(name))
  .filter((_scenario, at) => share === null || at % Number(share[2]) === Number(share[1]));
if (scenarios.length === 0) throw new Error("No scenario matches SCENARIOS and SCENARIO_SHARE");
for (const scenario of scenarios) {
  const lacking = scenario.needs
    ?.map((feature) => ({ feature, why: missing(feature) }))
    .find(({ why }) => why !== undefined);
  const skip = lacking === undefined ? false : `this kernel lacks ${lacking.feature}: ${lacking.why ?? ""}`;
  for (const variant of waysOf(scenario))
    test(variantName(variant), { skip, timeout: patient(60_000) }, () => runVariant(variant));
}
