import assert from "node:assert/strict";
import { test } from "node:test";
import { fullDrop, lost, refused, summary } from "../../test/golden/sample-events.ts";
import { isEvent } from "./is-event.ts";
import { KINDS } from "./kinds.ts";

test("isEvent knows events of every kind, and takes no notice for one", () => {
  for (const kind of KINDS) assert.ok(isEvent({ ...fullDrop, kind } as typeof fullDrop), kind);
  assert.ok(isEvent(refused));
  for (const notice of [lost, summary]) assert.equal(isEvent(notice), false, notice.kind);
});
