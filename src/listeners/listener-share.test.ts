import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { type DropFacts, dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { type CountedAs, namesLastAcks, shareOfListener, siteCountedAs } from "./listener-share.ts";

type Case = readonly [Partial<DropFacts>, countedAs: CountedAs | undefined, skDrops: number];
const CASES: readonly Case[] = [
  [{ location: "tcp_v4_rcv+0x91", reason: "TCP_LISTEN_OVERFLOW", flags: ["ACK"] }, "last-ack", 3],
  [{ location: "tcp_v6_rcv+0x91", reason: "SOCKET_FILTER" }, undefined, 3],
  [{ location: "tcp_v4_rcv+0x91", reason: "NOT_SPECIFIED", flags: ["ACK"] }, "maybe", 3],
  [{ location: "tcp_v4_rcv+0x91", reason: "NOT_SPECIFIED", flags: ["SYN"] }, undefined, 3],
  [{ location: "tcp_v4_rcv+0x91", reason: "NOT_SPECIFIED", flags: undefined }, undefined, 3],
  [{ location: "tcp_v4_rcv+0x91", reason: "TCP_CSUM" }, undefined, 0],
  [{ location: "tcp_rcv_state_process+0x5", reason: "TCP_FLAGS" }, undefined, 3],
  [{ location: "tcp_v4_do_rcv+0x5", reason: "TCP_FLAGS" }, undefined, 0],
  [{ location: "cookie_v4_check+0x5", reason: "NO_SOCKET", flags: ["ACK"] }, "cookie", 0],
  [{ location: "cookie_v6_check+0x5", reason: "IP_OUTNOROUTES", flags: ["ACK"] }, undefined, 0],
  [{ location: "nft_do_chain+0x5 [nf_tables]", reason: "NETFILTER_DROP" }, undefined, 0],
  [{ location: "0xffffffff81c001e4", reason: "TCP_LISTEN_OVERFLOW" }, "last-ack", 3],
  [{ location: "tcp_v4_rcv+0x91", reason: "SOCKET_FILTER", direction: "tx" }, undefined, 0],
];

for (const [change, countedAs, skDrops] of CASES)
  test(`shareOfListener: ${inspect(change, { breakLength: Number.POSITIVE_INFINITY })}`, () => {
    const event = dropWith(fullDrop, { gsoSegs: 3, ...change });
    assert.deepEqual(shareOfListener(event, false), { countedAs, skDrops });
    // A kernel that names them leaves no doubt.
    const named = countedAs === "maybe" ? undefined : countedAs;
    assert.deepEqual(shareOfListener(event, true), { countedAs: named, skDrops });
  });

const SITES: readonly (readonly [
  reason: string | undefined,
  location: string | undefined,
  countedAs: CountedAs | undefined,
])[] = [
  ["TCP_LISTEN_OVERFLOW", "tcp_v4_rcv+0x99", "last-ack"],
  ["TCP_LISTEN_OVERFLOW", "0xffffffff81c001e4", "last-ack"],
  ["NO_SOCKET", "cookie_v4_check+0x54d", "cookie"],
  ["NO_SOCKET", "cookie_v6_check+0x54d", "cookie"],
  ["NO_SOCKET", "0xffffffff81c001e4", "maybe"],
  ["NO_SOCKET", "tcp_v4_rcv+0x99", undefined],
  ["IP_OUTNOROUTES", "cookie_v4_check+0x54d", undefined],
  ["NETFILTER_DROP", "nft_do_chain+0x5 [nf_tables]", undefined],
  ["TCP_CSUM", "tcp_v4_rcv+0x99", undefined],
  [undefined, undefined, "maybe"],
];

for (const [reason, location, countedAs] of SITES)
  test(`siteCountedAs: ${reason} at ${location}`, () => {
    for (const areNamed of [true, false])
      assert.equal(siteCountedAs({ reason, location }, areNamed), countedAs);
  });

for (const reason of ["NOT_SPECIFIED", undefined])
  for (const location of ["tcp_v4_rcv+0x99", "tcp_v6_rcv+0x99", "tcp_v4_do_rcv+0x9", "0xffffffff81c001e4"])
    test(`siteCountedAs: ${reason} at ${location}, where the kernel names no last ACKs`, () => {
      assert.equal(siteCountedAs({ reason, location }, false), "maybe");
      assert.equal(siteCountedAs({ reason, location }, true), undefined);
    });

test("namesLastAcks is about the reason that Linux 6.15 brought", () => {
  assert.equal(namesLastAcks(["NO_SOCKET", "TCP_LISTEN_OVERFLOW"]), true);
  assert.equal(namesLastAcks(["NO_SOCKET"]), false);
});
