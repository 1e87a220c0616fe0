import assert from "node:assert/strict";
import { test } from "node:test";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { ReasonCounts } from "./reason-counts.ts";

const one = dropWith(fullDrop, { variant: "tcp-invalid-sequence/one", advice: "Do this." });
const other = dropWith(fullDrop, { variant: "tcp-invalid-sequence/other", advice: "Do that." });

test("ReasonCounts counts each variant of a reason by itself, with its advice", () => {
  const counts = new ReasonCounts();
  for (const drop of [one, other, one]) counts.ofDrop(drop).count += 1;
  assert.deepEqual(
    counts
      .copy()
      .mostFirst()
      .map(({ variant, advice, count }) => [variant, advice, count]),
    [
      ["tcp-invalid-sequence/one", "Do this.", 2],
      ["tcp-invalid-sequence/other", "Do that.", 1],
    ],
  );
});

test("ReasonCounts adds what is hidden here to what the kernel hid for the same reason", () => {
  const counts = new ReasonCounts("reason");
  for (const drop of [one, other]) counts.ofDrop(drop).count += 1;
  const { site, class: dropClass } = fullDrop;
  const { reason, reasonCode, reasonSubsystem, reasonInferred } = site;
  counts.add({ reason, reasonCode, reasonSubsystem, reasonInferred, class: dropClass }, 5);
  assert.deepEqual(
    counts.mostFirst().map(({ variant, count }) => [variant, count]),
    [[undefined, 7]],
  );
});
