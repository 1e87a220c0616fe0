import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { KernelTypes } from "../../../bpf/index.ts";
import { Btf } from "../../../btf/index.ts";
import { VerifierError } from "../../../errors.ts";
import { ringMap } from "../../core/ring-map.ts";
import { type DropPlan, dropKind } from "./drop-plan.ts";
import { PLAIN_REQUEST } from "./request.ts";

const FIXTURE = fileURLToPath(new URL("../../../../../test/fixtures/btf/6.18.btf", import.meta.url));
const REFUSED = new VerifierError("the program is too large", "");

/** The plans of a kernel that refuses one after the other, until one is without owners. */
function refusedPlans(): readonly DropPlan[] {
  const kernel = new KernelTypes(Btf.parse(readFileSync(FIXTURE)));
  const plans = [dropKind.plan(kernel, { ...PLAIN_REQUEST, owners: true }, ringMap(4096))];
  for (let next = plans[0]; next !== undefined && next.request.owners === true; ) {
    next = next.otherwise(REFUSED) as DropPlan | undefined;
    if (next !== undefined) plans.push(next);
  }
  return plans;
}

test("a plan without owners says why, where the kernel refused those with them", () => {
  const plans = refusedPlans();
  assert.deepEqual(
    plans.map(({ access, request: { owners }, ownerProblem }) => [access, owners, ownerProblem]),
    [
      ["direct", true, undefined],
      ["probe", true, undefined],
      [
        "direct",
        false,
        "owners are not told: the kernel refused the program that reads whose a socket is, and drops are " +
          "traced without (the program is too large)",
      ],
    ],
  );
  const after = plans.at(-1)?.otherwise(REFUSED) as DropPlan | undefined;
  assert.match(after?.ownerProblem ?? "", /^owners are not told/);
});
