import assert from "node:assert/strict";
import { test } from "node:test";
import { type OwnerFacts, ownerOf } from "../../test/owner-facts.ts";
import { ownerText } from "./owner-text.ts";

test("ownerText names what stands out most", () => {
  const cases: readonly (readonly [Partial<OwnerFacts>, string])[] = [
    [{ comm: "nginx" }, "nginx[1234]"],
    [{ comm: "nginx", certainty: "likely" }, "~nginx[1234]"],
    [{ comm: "nc", pod: "web", podNamespace: "shop", certainty: "possible" }, "?shop/web:nc"],
    [{ unit: "cron.service", by: "cgroup" }, "cron.service"],
    [{ cgroup: "/a/b", by: "cgroup" }, "/a/b"],
    [{ missing: "kernel" }, "kernel"],
  ];
  for (const [facts, text] of cases) assert.equal(ownerText(ownerOf(facts)), text);
});

test("ownerText says - only where nobody holds it; a user alone is no owner", () => {
  const root = { uid: 0, user: "root" };
  for (const missing of ["no_socket", "closed", "not_accepted"] as const)
    assert.equal(ownerText(ownerOf({ ...root, missing })), "-");
  for (const missing of ["not_found", "late", "budget", "rights", "ambiguous"] as const)
    for (const user of [root, { uid: 1000 }, {}]) assert.equal(ownerText(ownerOf({ ...user, missing })), "?");
  assert.equal(ownerText(undefined), "?");
  // Processes were not to be looked at.
  assert.equal(ownerText({ ...ownerOf(root), missing: undefined }), "?");
});
