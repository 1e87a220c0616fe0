/** What the bench makes of its numbers: not the numbers. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withSections } from "../../bench/report.ts";
import { formatNumber, formatSpread, inTurns, median, ratio } from "../../bench/statistics.ts";

describe("withSections", () => {
  const NAMES = ["storm", "cost", "knee"];
  const EMPTY = "before\n<!-- bench:begin -->\n<!-- bench:end -->\nafter\n";

  test("puts sections in their order, whatever order they come in, and again changes nothing", () => {
    const sections = new Map([
      ["knee", "### Knee\n\n| a |"],
      ["storm", "### Storm"],
    ]);
    const page = withSections(EMPTY, NAMES, sections);
    assert.equal(
      page,
      "before\n<!-- bench:begin -->\n<!-- bench:part storm -->\n\n### Storm\n\n<!-- bench:part knee -->\n\n### Knee\n\n| a |\n<!-- bench:end -->\nafter\n",
    );
    assert.equal(withSections(page, NAMES, sections), page);
  });

  test("leaves the sections of other parts, and takes away those of parts that are no more", () => {
    const page = withSections(
      EMPTY,
      ["old", ...NAMES],
      new Map(["old", "storm", "cost"].map((name) => [name, `### ${name} 1`])),
    );
    const next = withSections(page, NAMES, new Map([["cost", "### cost 2"]]));
    assert.match(next, /### storm 1\n[\s\S]*### cost 2\n/);
    assert.doesNotMatch(next, /old|cost 1/);
  });

  test("a page without the marks is an error", () =>
    assert.throws(() => withSections("nothing", NAMES, new Map()), /bench:begin/));
});

describe("statistics", () => {
  test("median: the one in the middle, or the mean of the two", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });

  test("ratio: the median of what rounds say, not of all that was measured", () =>
    assert.equal(ratio([10, 40, 30], [20, 40, 10]), 1));

  test("formatNumber and formatSpread: grouped, and nothing where nothing was measured", () => {
    assert.equal(formatNumber(1234.56), "1,235");
    assert.equal(formatNumber(Number.NaN), "-");
    assert.equal(formatSpread([3, 1, 2], 1), "2.0 (1.0 to 3.0)");
    assert.equal(formatSpread([2]), "2");
  });

  test("inTurns: all take their turn before the next round, which goes backwards", async () => {
    const order: string[] = [];
    const measured = await inTurns(2, ["a", "b"], async (contender, round) => {
      order.push(`${contender}${round}`);
      return round;
    });
    assert.deepEqual(order, ["a0", "b0", "b1", "a1"]);
    assert.deepEqual(
      [...measured],
      [
        ["a", [0, 1]],
        ["b", [0, 1]],
      ],
    );
  });
});
