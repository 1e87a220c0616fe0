import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseFilter } from "./parse.ts";
import { printFilter } from "./print.ts";
import { simplify } from "./simplify.ts";
import { anyTree, bare } from "./trees.test.kit.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 10;

/**
 * What a filter becomes. That it accepts the same packets is shown where it is run:
 * src/filter/predicate.test.ts.
 */
const SIMPLER: readonly (readonly [string, string])[] = [
  ["tcp", "true"],
  ["udp", "false"],
  ["arp or ip", "ip"],
  ["tcp port 80", "port 80"],
  ["udp port 53 or tcp port 80", "port 80"],
  ["not udp and port 80", "port 80"],
  ["not not ip", "ip"],
  ["not not not ip", "not ip"],
  ["ip and (ip6 and (iface lo and cpu-pid 1))", "ip and ip6 and iface lo and cpu-pid 1"],
  ["ip or ip", "ip"],
  ["ip and true", "ip"],
  ["ip or true", "true"],
  ["ip and false", "false"],
  ["port 1 and false", "port 1 and false"],
  ["ip and port 1 and ip6 and false and port 2", "ip and port 1 and false"],
  ["port 443 or 80 or 81 or portrange 82-90", "portrange 80-90 or port 443"],
  ["port 80 or ip or port 443", "(port 80 or port 443) or ip"],
  ["port 80 or len > 5 or port 443", "(port 80 or port 443) or len > 5"],
  ["port 80 or tcp[20] == 1 or port 443", "port 80 or tcp[20] == 1 or port 443"],
  ["src port 1 or dst port 2 or src port 3", "(src port 1 or src port 3) or dst port 2"],
  ["host 10.0.0.1 or port 80 or host 10.0.0.2", "host 10.0.0.1 or port 80 or host 10.0.0.2"],
  ["src and dst port 80 or src and dst port 81", "src and dst port 80 or src and dst port 81"],
  ["not port 22 and not port 80", "not (port 22 or port 80)"],
  ["ip and not port 22 and not port 80", "ip and not (port 22 or port 80)"],
  ["net 10.1.0.0/16 or 10/8 or 11/8 or 10.0.0.0", "net 10.0.0.0/8 or net 11.0.0.0/8"],
  ["net 2001:db8:1::/48 or 2001:db8::/32 or 10/8", "net 10.0.0.0/8 or net 2001:db8::/32"],
  ["net 0.0.0.0/0", "ip"],
  ["net ::/0 or 10/8", "ip6 or net 10.0.0.0/8"],
  ["ip multicast", "dst net 224.0.0.0/3"],
  ["ip6 multicast", "dst net ff00::/8"],
  ["loopback", "(net 127.0.0.0/8 or host ::1) or iface lo"],
  ["ip proto 6", "ip"],
  ["proto 17 or ip6 proto 6", "ip6"],
  ["ip6 proto 44", "ip6[6] == 44 or (ip6[6] == 44 and ip6[40] == 44)"],
  ["1 + 1 == 2", "true"],
  ["2 * 3 < len", "len > 6"],
  ["tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", "tcp[13] & 18 == 2"],
  ["-1 == 0xffffffff", "true"],
  ["dst port 1 or netns 7 or dst port 1 or proto 6", "dst port 1 or true"],
  ["1 << (30 + 2) == 0", "true"],
  ["1 / (1 - 1) == 0", "1 / 0 == 0"],
];

describe("simplify", () => {
  for (const [text, simpler] of SIMPLER)
    test(`makes ${JSON.stringify(simpler)} of ${JSON.stringify(text)}`, () =>
      assert.equal(printFilter(simplify(parseFilter(text).root)), simpler));

  test("twice is the same as once", () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const once = simplify(tree);
        assert.deepEqual(bare(simplify(once)), bare(once), printFilter(once));
      }),
      { numRuns: RUNS },
    );
  });

  test("leaves lists that are written out and read again as they were", () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const once = simplify(tree);
        const text = printFilter(once);
        // Folding can make a division by zero and a shift by 32, which the parser refuses.
        fc.pre(!/[/%] 0\b|(<<|>>) (\d{3}|3[2-9]|[4-9]\d)/.test(text));
        assert.deepEqual(bare(simplify(parseFilter(text).root)), bare(once), text);
      }),
      { numRuns: RUNS },
    );
  });

  test("makes one list of 10,000 networks, quickly", () => {
    const text = `net ${Array.from({ length: 10_000 }, (_unused, index) => `${10 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.0/24`).join(" or ")}`;
    const started = performance.now();
    const root = simplify(parseFilter(text).root);
    const tookMs = performance.now() - started;
    assert.equal(root.kind === "address" ? root.networks.length : 0, 10_000);
    assert(tookMs < 2000, `${tookMs} ms`);
  });
});
