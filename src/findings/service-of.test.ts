/** Which end is the service: by the handshake, by the listener, by the ports, or not known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop, refused, refusedUntold } from "../../test/golden/sample-events.ts";
import { endsOf } from "./service-of.ts";

const base = {
  saddr: "192.0.2.1",
  sport: 50_000,
  daddr: "198.51.100.10",
  dport: 443,
  state: undefined,
} as const;
const back = { saddr: "198.51.100.10", sport: 443, daddr: "192.0.2.1", dport: 50_000 } as const;
const SERVICE = { address: "198.51.100.10", port: 443 };
const CLIENT = { address: "192.0.2.1", port: 50_000 };

const CASES = [
  ["a SYN goes to it", { ...base, flags: ["SYN"] }, "handshake"],
  ["a SYN-ACK comes from it", { ...base, ...back, flags: ["SYN", "ACK"] }, "handshake"],
  [
    "what a listening socket receives",
    { ...base, flags: ["ACK"], state: "LISTEN", direction: "rx" },
    "listener",
  ],
  ["what it sends", { ...base, ...back, flags: ["ACK"], state: "NEW_SYN_RECV", direction: "tx" }, "listener"],
  ["what no TCP sends goes to it", { ...base, flags: ["FIN"] }, "probe"],
  ["the low port of two, as destination", { ...base, flags: ["ACK"] }, "ports"],
  ["the low port of two, as source", { ...base, ...back, flags: ["ACK"] }, "ports"],
] as const;

for (const [title, facts, by] of CASES)
  test(`endsOf: ${title}`, () => {
    const { service, client } = endsOf(dropWith(fullDrop, facts));
    assert.deepEqual(service, { ...SERVICE, by });
    assert.deepEqual(client, CLIENT);
  });

test("endsOf goes by the handshake before ports: a SYN to a high port", () => {
  const { service } = endsOf(dropWith(fullDrop, { ...base, dport: 60_000, sport: 1024, flags: ["SYN"] }));
  assert.deepEqual(service, { address: "198.51.100.10", port: 60_000, by: "handshake" });
});

test("endsOf does not guess between two high ports, two low ones, or none", () => {
  for (const ports of [
    { sport: 40_000, dport: 50_000 },
    { sport: 80, dport: 443 },
    { sport: undefined, dport: undefined },
  ])
    assert.deepEqual(endsOf(dropWith(fullDrop, { ...base, flags: ["ACK"], ...ports })), {
      service: undefined,
      client: undefined,
    });
});

test("endsOf knows the listener of refused SYNs, and what is missing of them", () => {
  assert.deepEqual(endsOf(refused), { service: { ...SERVICE, by: "listener" }, client: undefined });
  assert.deepEqual(endsOf(refusedUntold), { service: undefined, client: undefined });
});
