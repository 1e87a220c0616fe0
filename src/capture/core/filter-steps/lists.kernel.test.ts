/** Lists as the kernel searches them: jumps and maps, at their edges. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { needsRoot } from "../../../bpf/run-program.test.kit.ts";
import { FilterError } from "../../../errors.ts";
import { formatIp4, formatIp6, parseFilter, simplify } from "../../../filter-language/index.ts";
import { type PacketFields, packetBytes } from "../../../filter-language/packet-bytes.test.kit.ts";
import { MAX_KEPT_VALUES } from "./filter-code.ts";
import { FilterBench, type Found } from "./run-filter.test.kit.ts";

const BASE: PacketFields = { saddr: "192.0.2.1", daddr: "192.0.2.2", sport: 9, dport: 9 };

function ask(
  bench: FilterBench,
  text: string,
): { readonly of: (fields: Partial<PacketFields>) => Found; readonly verified: number } & Disposable {
  const filter = bench.load(simplify(parseFilter(text).root));
  return {
    verified: filter.program.info().verifiedInstructions,
    of: (fields) => {
      const bytes = packetBytes({ ...BASE, ...fields });
      return filter.run({ bytes, totalLength: bytes.length, family: bytes[0] === 0x45 ? 4 : 6 });
    },
    [Symbol.dispose]: () => filter[Symbol.dispose](),
  };
}

/** A list of `count` networks with holes between them: the first is at 10.0.0.0, each is a /25 in a /24. */
function list4(count: number): string {
  return `src net ${Array.from({ length: count }, (_unused, index) => `${formatIp4(0x0a00_0000 + 256 * index)}/25`).join(" or ")}`;
}

/** As list4: each a /65 in a /64. */
function list6(count: number): string {
  return `src net ${Array.from({ length: count }, (_unused, index) => `${formatIp6([0x2001_0db8, index, 0, 0])}/65`).join(" or ")}`;
}

describe("lists in the kernel", { skip: needsRoot }, () => {
  for (const count of [1, 2, 3, 4, 5, 20, 500])
    test(`${count} ports are found by jumps, and no others`, (t) => {
      using bench = new FilterBench();
      const ports = Array.from({ length: count }, (_unused, index) => 100 + 3 * index);
      using filter = ask(bench, `dst port ${ports.join(" or ")}`);
      const tried = [
        99,
        100 + 3 * count,
        0,
        65_535,
        ...ports.flatMap((port) => [port, port + 1, port + 2]).slice(0, 900),
      ];
      for (const port of tried)
        assert.equal(
          filter.of({ dport: port }),
          ports.includes(port) ? "accepted" : "not accepted",
          `port ${port}`,
        );
      t.diagnostic(`${filter.verified} instructions verified`);
    });

  test("ranges of ports hold both of their ends", () => {
    using bench = new FilterBench();
    using filter = ask(bench, "src portrange 0-9 or 20-29 or 40-49 or 60-69 or 65530-65535");
    for (const [sport, found] of [
      [0, true],
      [9, true],
      [10, false],
      [19, false],
      [20, true],
      [29, true],
      [30, false],
      [60, true],
      [69, true],
      [70, false],
      [65_529, false],
      [65_535, true],
    ] as const)
      assert.equal(filter.of({ sport }), found ? "accepted" : "not accepted", `port ${sport}`);
  });

  for (const count of [1, 3, 4, 64, 65, 10_000])
    test(`${count} IPv4 networks`, (t) => {
      using bench = new FilterBench();
      const started = performance.now();
      using filter = ask(bench, list4(count));
      t.diagnostic(
        `${filter.verified} instructions verified; made in ${Math.round(performance.now() - started)} ms`,
      );
      for (const index of new Set([0, 1, count >> 1, count - 1])) {
        const address = 0x0a00_0000 + 256 * index;
        const inside = index < count;
        for (const [at, found] of [
          [address, inside],
          [address + 127, inside],
          [address + 128, false],
          [address + 255, false],
        ] as const)
          assert.equal(
            filter.of({ saddr: formatIp4(at) }),
            found ? "accepted" : "not accepted",
            formatIp4(at),
          );
      }
      assert.equal(filter.of({ saddr: "9.255.255.255" }), "not accepted");
      assert.equal(filter.of({ saddr: "::1", daddr: "::1" }), "not accepted");
    });

  for (const count of [1, 8, 9, 1000])
    test(`${count} IPv6 networks`, () => {
      using bench = new FilterBench();
      using filter = ask(bench, list6(count));
      for (const index of new Set([0, count >> 1, count - 1]))
        for (const [low, found] of [
          [0, true],
          [0x7fff_ffff, true],
          [0x8000_0000, false],
        ] as const)
          assert.equal(
            filter.of({ saddr: formatIp6([0x2001_0db8, index, low, 7]), daddr: "::1" }),
            found ? "accepted" : "not accepted",
            `${index} ${low}`,
          );
      assert.equal(filter.of({ saddr: formatIp6([0x2001_0db8, count, 0, 0]), daddr: "::1" }), "not accepted");
      assert.equal(filter.of({}), "not accepted");
    });

  test("a list of both families, with masks that have holes, at either end", () => {
    using bench = new FilterBench();
    using filter = ask(
      bench,
      `${list4(100).slice(4)} or ${list6(20).slice(4)} or net 0.0.0.77 mask 0.0.0.255 or net 203.0.113.0/24`,
    );
    const both = { saddr: "::1", daddr: "::1" };
    assert.deepEqual(
      [
        { saddr: "10.0.5.1" },
        { daddr: "10.0.5.1" },
        { saddr: "1.2.3.77" },
        { daddr: "203.0.113.9" },
        { ...both, daddr: "2001:db8:0:5::1" },
        {},
        both,
        { saddr: "10.0.5.200" },
      ].map((fields) => filter.of(fields)),
      [...new Array<Found>(5).fill("accepted"), ...new Array<Found>(3).fill("not accepted")],
    );
  });

  test("src and dst ask both ends for the same list", () => {
    using bench = new FilterBench();
    using filter = ask(bench, "src and dst net 10 and src and dst portrange 1-9");
    assert.deepEqual(
      [
        { saddr: "10.0.0.1", daddr: "10.0.0.2" },
        { saddr: "10.0.0.1" },
        { daddr: "10.0.0.1" },
        { saddr: "10.0.0.1", daddr: "10.0.0.2", dport: 10 },
      ].map((fields) => filter.of(fields)),
      ["accepted", "not accepted", "not accepted", "not accepted"],
    );
  });

  test(`arithmetic keeps ${MAX_KEPT_VALUES} values at once, and more is a FilterError`, () => {
    using bench = new FilterBench();
    const nested = (depth: number): string =>
      depth === 0 ? "ip[ip[0] - 69]" : `ip[ip[0] - 69] + (${nested(depth - 1)})`;
    using filter = ask(bench, `${nested(MAX_KEPT_VALUES - 1)} == ${69 * MAX_KEPT_VALUES}`);
    assert.equal(filter.of({}), "accepted");
    assert.throws(() => ask(bench, `${nested(MAX_KEPT_VALUES)} == 1`), {
      name: "FilterError",
      message: /keeps more than 8 values at once/,
    });
    assert.throws(() => ask(bench, `${nested(MAX_KEPT_VALUES)} == 1`), FilterError);
  });
});
