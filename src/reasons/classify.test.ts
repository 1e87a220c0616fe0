import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TCP_FLAGS } from "../model/index.ts";
import { CLASSIFY_CASES, VARIANT_CASES } from "./classify-cases.test.kit.ts";
import {
  classify,
  classOfAll,
  explainDrop,
  REASONS,
  reasonRow,
  reasonsWithCallers,
  VARIANTS,
  variantsAt,
} from "./index.ts";

describe("classify", () => {
  for (const [title, args, expected] of CLASSIFY_CASES)
    it(title, () => assert.equal(classify(...args), expected));

  for (const [args, id] of VARIANT_CASES) {
    const [reason, , location, segment] = args;
    const what = [location, segment?.state, segment?.flags?.join("|"), segment?.daddr].join(" ");
    it(`explains ${reason} ${what} as ${id}`, () => assert.equal(explainDrop(...args).id, id));
  }

  it("returns the reason's own class unless a variant names the function, for any input", () => {
    const name = fc.oneof(
      fc.constantFrom(...REASONS.map((row) => row.name)),
      fc.string(),
      fc.constant(undefined),
    );
    const symbol = fc.oneof(fc.constantFrom(...VARIANTS.flatMap((rule) => rule.symbols ?? [])), fc.string());
    const facts = fc.record({
      state: fc.option(fc.constantFrom("LISTEN", "TIME_WAIT", "CLOSE_WAIT"), { nil: undefined }),
      flags: fc.option(fc.subarray([...TCP_FLAGS]), { nil: undefined }),
      payloadLen: fc.option(fc.nat(3), { nil: undefined }),
      stack: fc.option(fc.array(symbol), { nil: undefined }),
    });
    fc.assert(
      fc.property(name, symbol, facts, (reason, location, known) => {
        const got = classify(reason, "CORE", location, known);
        const mayHold = VARIANTS.filter(
          ({ symbols }) => symbols === undefined || symbols.includes(location.replace(/[.+ ].*/s, "")),
        );
        return [...mayHold.map((rule) => rule.class), reasonRow(reason).class].includes(got);
      }),
    );
  });
});

describe("classOfAll", () => {
  const of = (reason: string, location: string): string | undefined =>
    classOfAll(variantsAt(reason, "CORE", location, new Set()));
  it("returns the class of sites where only reason and location count", () => {
    assert.equal(of("QUEUE_PURGE", "sk_stream_kill_queues+0x1"), "normal");
    assert.equal(of("NOT_SPECIFIED", "skb_release_data+0x1"), "normal");
    assert.equal(of("NOT_SPECIFIED", "packet_rcv+0x1"), "copy");
  });

  it("returns none if state, flags, payload or caller count", () => {
    for (const [reason, location] of [
      ["NOT_SPECIFIED", "tcp_v4_rcv"],
      ["NOT_SPECIFIED", "tcp_rcv_state_process"],
      ["TCP_OLD_SEQUENCE", "tcp_validate_incoming"],
      ["TCP_CLOSE", "tcp_rcv_state_process"],
      ["QUEUE_PURGE", "skb_queue_purge_reason"],
      ["OTHERHOST", "ip_rcv_core"],
    ] as const)
      assert.equal(of(reason, location), undefined, location);
  });
});

describe("reasonsWithCallers", () => {
  it("names the reasons that a caller may explain", () =>
    assert.deepEqual(reasonsWithCallers().toSorted(), ["NOT_SPECIFIED", "QUEUE_PURGE"]));
});
