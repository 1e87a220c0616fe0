import assert from "node:assert/strict";
import { test } from "node:test";
import { type DropFacts, dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { shareOfListener } from "./listener-share.ts";

const CASES: readonly (readonly [Partial<DropFacts>, listenDrops: 0 | 1 | "maybe", skDrops: number])[] = [
  [{ location: "tcp_v4_rcv+0x91", reason: "TCP_LISTEN_OVERFLOW", flags: ["ACK"] }, 1, 3],
  [{ location: "tcp_v6_rcv+0x91", reason: "SOCKET_FILTER" }, 0, 3],
  [{ location: "tcp_v4_rcv+0x91", reason: "NOT_SPECIFIED", flags: ["ACK"] }, "maybe", 3],
  [{ location: "tcp_v4_rcv+0x91", reason: "NOT_SPECIFIED", flags: ["SYN"] }, 0, 3],
  [{ location: "tcp_v4_rcv+0x91", reason: "NOT_SPECIFIED", flags: undefined }, 0, 3],
  [{ location: "tcp_v4_rcv+0x91", reason: "TCP_CSUM" }, 0, 0],
  [{ location: "tcp_rcv_state_process+0x5", reason: "TCP_FLAGS" }, 0, 3],
  [{ location: "tcp_v4_do_rcv+0x5", reason: "TCP_FLAGS" }, 0, 0],
  [{ location: "cookie_v4_check+0x5", reason: "NO_SOCKET", flags: ["ACK"] }, 1, 0],
  [{ location: "cookie_v6_check+0x5", reason: "IP_OUTNOROUTES", flags: ["ACK"] }, 0, 0],
  [{ location: "nft_do_chain+0x5 [nf_tables]", reason: "NETFILTER_DROP" }, 0, 0],
  [{ location: "0xffffffff81c001e4", reason: "TCP_LISTEN_OVERFLOW" }, 1, 3],
  [{ location: "tcp_v4_rcv+0x91", reason: "SOCKET_FILTER", direction: "tx" }, 0, 0],
];

for (const [change, listenDrops, skDrops] of CASES)
  test(`shareOfListener: ${change.reason} at ${change.location}, ${change.flags?.join() ?? "no flags"}, ${change.direction ?? "rx"}`, () => {
    assert.deepEqual(shareOfListener(dropWith(fullDrop, { gsoSegs: 3, ...change })), {
      listenDrops,
      skDrops,
    });
  });
