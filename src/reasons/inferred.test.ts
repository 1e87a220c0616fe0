/** Reasons from locations: each row by a location as in events, and none if it is not certain. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { classify, NO_REASONS, REASONS, reasonRow, VARIANTS } from "./index.ts";
import { INFERRED_REASONS, inferReason } from "./inferred.ts";

describe("inferReason", () => {
  for (const { reason, symbols, callers } of INFERRED_REASONS)
    for (const symbol of symbols)
      test(`${symbol} implies ${reason}`, () => {
        const stack = ["kfree_skb+0x75", `${symbol}+0x1c`, `${callers?.[0] ?? "anything"}+0x2`];
        assert.equal(inferReason(`${symbol}+0x1c`, stack), reason);
        assert.equal(
          inferReason(`${symbol}.isra.0+0x1c [module]`, [
            `${symbol}.isra.0+0x1c [module]`,
            ...stack.slice(2),
          ]),
          reason,
        );
        assert.equal(inferReason(`${symbol}_other+0x1c`, stack), undefined, "the whole name");
        // If the caller matters and is unknown, it is uncertain.
        const alone = callers === undefined ? reason : undefined;
        assert.equal(inferReason(`${symbol}+0x1c`, undefined), alone);
        assert.equal(inferReason(`${symbol}+0x1c`, [`${symbol}+0x1c`]), alone);
        assert.equal(inferReason(`${symbol}+0x1c`, [`${symbol}+0x1c`, "another+0x2"]), alone);
      });

  test("functions that drop for several reasons imply none, nor do bare addresses", () => {
    for (const location of [
      "tcp_v4_rcv+0x62",
      "ip_rcv_core+0x200",
      "ip_forward+0x1b9",
      "kfree_skb_list+0x20",
      "0xffffffff81c001e4",
    ])
      assert.equal(inferReason(location, [location, "__dev_queue_xmit+0x1"]), undefined, location);
  });

  test("the names are reasons that this build knows", () => {
    const known = new Set(REASONS.filter(({ subsystem }) => subsystem === "CORE").map(({ name }) => name));
    for (const { reason } of INFERRED_REASONS) assert(known.has(reason), reason);
  });
});

describe("without reasons", () => {
  test("a location that frees only what is harmless decides the class", () => {
    assert.equal(classify(undefined, NO_REASONS, "packet_rcv+0x1"), "copy");
    assert.equal(classify(undefined, NO_REASONS, "skb_rbtree_purge+0x1"), "normal");
    assert.equal(classify(undefined, NO_REASONS, "skb_release_data+0x1"), "normal");
  });

  test("rules for kernels with reasons do not apply, also not to a code without a name", () => {
    const flags = ["ACK"] as const;
    for (const { symbols = [], reasons, withoutReasons, callers = [] } of VARIANTS) {
      if (reasons === undefined) continue;
      for (const symbol of symbols) {
        const segment = { state: "TIME_WAIT", flags, payloadLen: 0, stack: callers };
        if (withoutReasons !== true)
          assert.equal(classify(undefined, NO_REASONS, symbol, segment), "loss", symbol);
        assert.equal(classify(undefined, "CORE", symbol, segment), "loss", symbol);
      }
    }
  });

  test("the row says that there are no reasons", () =>
    assert.match(reasonRow(undefined, NO_REASONS).meaning, /gives no drop reasons/));
});
