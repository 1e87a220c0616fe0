/** What the kernel does with what user space has answered for an owner, and without an answer. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { needsRoot } from "../../../bpf/run-program.test.kit.ts";
import { type OwnerNode, parseFilter, simplify } from "../../../filter-language/index.ts";
import { packetBytes } from "../../../filter-language/packet-bytes.test.kit.ts";
import { ANSWER } from "./filter-code.ts";
import { FilterBench, type Found } from "./run-filter.test.kit.ts";

const PACKET = packetBytes({ saddr: "192.0.2.1", daddr: "192.0.2.2", sport: 9, dport: 80 });
const ASKED = ["unit a", "pod b"].map((text) => parseFilter(text).root as OwnerNode);
const [A, B] = [0, 1];

const NOTHING = 0n;
const IS_A = ANSWER.yes(A) | ANSWER.no(B);
const IS_B = ANSWER.no(A) | ANSWER.yes(B);
const NOT_A = ANSWER.no(A);

/** A filter, and what becomes of a drop whose owner is not known, is unit a, is pod b, is not unit a. */
const CASES: readonly (readonly [string, ...(readonly Found[])])[] = [
  ["unit a", "accepted", "accepted", "not accepted", "not accepted"],
  ["not unit a", "accepted", "not accepted", "accepted", "accepted"],
  ["unit a or pod b", "accepted", "accepted", "accepted", "accepted"],
  ["unit a and not pod b", "accepted", "accepted", "not accepted", "not accepted"],
  ["not (unit a or pod b)", "accepted", "not accepted", "not accepted", "accepted"],
  ["not (unit a and pod b)", "accepted", "accepted", "accepted", "accepted"],
  ["unit a or port 80", "accepted", "accepted", "accepted", "accepted"],
  ["unit a or port 81", "accepted", "accepted", "not accepted", "not accepted"],
  ["not (port 80 and unit a)", "accepted", "not accepted", "accepted", "accepted"],
];

describe("an answer for an owner", { skip: needsRoot }, () => {
  for (const [text, ...wanted] of CASES)
    test(text, () => {
      using bench = new FilterBench();
      using filter = bench.load(simplify(parseFilter(text).root), ASKED);
      const found = [NOTHING, IS_A, IS_B, NOT_A].map((answers) =>
        filter.run({ bytes: PACKET, totalLength: PACKET.length, family: 4, answers }),
      );
      assert.deepEqual(found, wanted);
    });

  test("that nobody can give is an error", () => {
    using bench = new FilterBench();
    assert.throws(() => bench.load(simplify(parseFilter("unit c").root), ASKED), /does not know the unit c/);
  });
});
