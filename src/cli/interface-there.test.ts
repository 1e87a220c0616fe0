import assert from "node:assert/strict";
import { test } from "node:test";
import { ownNetns } from "../host/netns.ts";
import { missingInterface } from "./interface-there.ts";

const own = ownNetns();
assert(own !== undefined);

for (const netns of [undefined, [own]])
  test(`missingInterface knows what is there ${netns === undefined ? "here" : "in a namespace"}`, () => {
    assert.equal(missingInterface("lo", "-i lo", netns), undefined);
    assert.match(
      missingInterface("l0", "-i l0", netns) ?? "",
      /^-i l0: th\w+ network namespace has no such interface/,
    );
  });

test("missingInterface says nothing of a namespace that nobody finds", () => {
  assert.equal(missingInterface("l0", "-i l0", [1]), undefined);
});
