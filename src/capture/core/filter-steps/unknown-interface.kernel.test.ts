/**
 * Where only the index of an interface is known, the kernel accepts what the filter may accept, also where
 * one answer leads to a test that rejects the packet and the other past it.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { needsRoot } from "../../../bpf/run-program.test.kit.ts";
import { parseFilter, simplify } from "../../../filter-language/index.ts";
import { packetBytes } from "../../../filter-language/packet-bytes.test.kit.ts";
import { FilterBench, type Found } from "./run-filter.test.kit.ts";

const PACKET = packetBytes({ saddr: "192.0.2.1", daddr: "192.0.2.2", sport: 9, dport: 80 });
const IP_BYTES = 20;

/** A filter, and what it says of a packet without a readable TCP header: by eth0, by nobody knows what. */
const CASES: readonly (readonly [filter: string, eth0: Found, unknown: Found])[] = [
  ["iface lo", "not accepted", "accepted"],
  ["not iface lo", "accepted", "accepted"],
  ["iface lo or port 80", "rejected", "accepted"],
  ["port 80 or iface lo", "rejected", "rejected"],
  ["(iface lo and port 80) or ip", "accepted", "accepted"],
  ["(iface lo and port 80) or ip6", "not accepted", "rejected"],
  ["(port 80 and iface lo) or ip", "rejected", "rejected"],
  ["(iface lo and port 80) or (iface eth1 and port 443) or ip", "accepted", "accepted"],
  ["(iface lo and port 80) or (iface eth1 and port 443)", "not accepted", "rejected"],
  ["(iface eth0 and port 80) or ip", "rejected", "accepted"],
  ["not ((iface eth0 or port 80) and ip)", "not accepted", "rejected"],
  ["not ((iface eth0 and port 80) or ip6)", "rejected", "accepted"],
  ["not ((iface lo or port 80) and ip)", "rejected", "rejected"],
  ["not (iface lo or port 80) or not ip6", "rejected", "accepted"],
  ["((iface lo or ip6) and (iface eth1 or ip) and port 80) or ip", "accepted", "accepted"],
  ["((iface lo or ip) and port 80) or ip", "rejected", "rejected"],
  ["not (ip and not (iface lo and port 80) and ip6)", "accepted", "accepted"],
];

describe("an interface without a name", { skip: needsRoot }, () => {
  for (const [text, eth0, unknown] of CASES)
    test(`${text}: by eth0 ${eth0}, else ${unknown}`, () => {
      using bench = new FilterBench();
      using filter = bench.load(simplify(parseFilter(text).root));
      const found = [Buffer.from("eth0\0"), Buffer.from("\0eth0")].map((name) => {
        const ifname = new Uint8Array(16);
        ifname.set(name);
        const bytes = PACKET.subarray(0, IP_BYTES);
        return filter.run({ bytes, totalLength: PACKET.length, family: 4, ifindex: 2, ifname });
      });
      assert.deepEqual(found, [eth0, unknown]);
    });
});
