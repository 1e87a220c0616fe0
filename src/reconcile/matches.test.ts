import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { counted } from "./counted.test.kit.ts";
import { matches } from "./matches.ts";

describe("matches", () => {
  const [kind] = counted({ flags: ["RST"], state: "LISTEN", payloadLen: 0 });
  assert.ok(kind !== undefined);
  const cases: readonly (readonly [string, Parameters<typeof matches>[1], "yes" | "no" | "unknown"])[] = [
    [
      "everything is asked and holds",
      {
        reasons: ["X", "TCP_CSUM"],
        at: ["tcp_v4_rcv"],
        family: 4,
        states: ["LISTEN"],
        withFlag: "RST",
        withoutFlag: "ACK",
        carries: false,
      },
      "yes",
    ],
    ["nothing is asked", {}, "yes"],
    ["the source is another", { source: "listener" }, "no"],
    ["one condition fails", { family: 4, withoutFlag: "RST" }, "no"],
    ["the state is one that must not be", { notStates: ["LISTEN"] }, "no"],
    ["the kernel is unknown", { before: "NEW" }, "unknown"],
  ];
  for (const [title, wanted, answer] of cases)
    test(`${answer}: ${title}`, () => assert.equal(matches(kind, wanted, undefined), answer));

  test("unknown if the event cannot decide, no if something else fails", () => {
    const [incomplete] = counted({
      flags: undefined,
      state: undefined,
      payloadLen: undefined,
      location: "0xffff",
      tunnel: true,
      direction: "unknown",
    });
    assert.ok(incomplete !== undefined);
    for (const wanted of [
      { at: ["f"] },
      { family: 4 },
      { states: ["X"] },
      { notStates: ["X"] },
      { withFlag: "ACK" },
      { withoutFlag: "ACK" },
      { carries: true },
      { direction: "tx" },
    ] as const) {
      assert.equal(matches(incomplete, wanted, undefined), "unknown", JSON.stringify(wanted));
      assert.equal(matches(incomplete, { ...wanted, reasons: ["OTHER"] }, undefined), "no");
    }
    assert.equal(
      matches({ ...kind, subsystem: "OPENVSWITCH" }, { reasons: ["TCP_CSUM"] }, undefined),
      "no",
      "another subsystem's reason of the same name",
    );
  });
});
