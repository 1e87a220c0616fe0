/** Totals on screens of several sizes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import type { DropClass, OwnerSum, SiteCount, TotalsNotice } from "../model/index.ts";
import { rateNumber } from "./rate-text.ts";
import { formatTotals } from "./totals-table.ts";
import { wrapWords } from "./wrap-words.ts";

process.env["TZ"] = "UTC";

const CLASSES: readonly DropClass[] = ["loss", "duplicate", "refused", "normal"];

/** Twelve sites, most first, and every fourth harmless. */
const sites = Array.from(
  { length: 12 },
  (_unused, at): SiteCount => ({
    reason: `REASON_${at}`,
    reasonCode: at,
    reasonSubsystem: "CORE",
    reasonInferred: false,
    class: CLASSES[at % CLASSES.length] ?? "loss",
    count: 10 ** (6 - Math.floor(at / 2)) + (12 - at),
    perSecond: at === 11 ? 5000 : at / 10,
    lastNs: 1_767_323_100_000_000_000n - BigInt(at) * 1_000_000_000n,
    location: `function_that_drops_${at}+0x1e4`,
    ip: at % 2 === 0 ? 4 : 6,
    advice: `Advice ${at}: ss -ltn (Recv-Q over Send-Q): accept faster, or raise the backlog and net.core.somaxconn`,
  }),
);
const notice: TotalsNotice = {
  kind: "totals",
  timeNs: 1_767_323_101_000_000_000n,
  sites,
  totals: { seen: 1, filtered: 30, undecodable: 0 },
};
const screen = (columns: number, rows: number | undefined, more = {}): readonly string[] =>
  formatTotals(notice, { all: false, colour: false, columns, rows, ...more })
    .split("\n")
    .slice(0, -1);
const reasonsOf = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => /REASON_\d+/.exec(line) ?? []);

describe("formatTotals on a terminal", () => {
  for (const columns of [80, 100, 120, 160, 200])
    for (const rows of [8, 12, 24, 50])
      test(`fits ${columns}x${rows}, biggest first, and says what it leaves out`, () => {
        const lines = screen(columns, rows);
        assert.ok(lines.length < rows, lines.join("\n"));
        for (const line of lines) assert.ok(line.length <= columns, line);
        const shown = reasonsOf(lines);
        const all = sites.filter(({ class: one }) => one !== "normal").map(({ reason }) => reason);
        assert.deepEqual(shown, all.slice(0, shown.length));
        const left = all.length - shown.length;
        assert.equal(lines.at(-1)?.includes(`at ${left} more site`), left > 0);
        assert.ok(shown.length > 0);
      });

  test("counts in its last line what it leaves out", () => {
    const lines = screen(200, 8);
    assert.equal(reasonsOf(lines).length, 4);
    const left = sites.filter(({ class: one }) => one !== "normal").slice(4);
    const sum = left.reduce((total, { count }) => total + count, 0);
    assert.equal(lines.at(-1), `... and ${sum} at ${left.length} more sites`);
  });

  test("gives the first sites their advice, as far as there is room", () => {
    const lines = screen(200, 16);
    assert.equal(reasonsOf(lines).length, 9);
    assert.equal(lines.filter((line) => line.startsWith("  Advice")).length, 4);
    assert.match(lines[3] ?? "", /^ {2}Advice 0/);
  });

  test("puts the location on a line of its own where the width asks for that", () => {
    const text = screen(80, undefined).join("\n");
    assert.match(text, /REASON_0\n {2}function_that_drops_0\+0x1e4\n {2}Advice 0/);
    assert.match(screen(200, undefined).join("\n"), /REASON_0 +function_that_drops_0\+0x1e4\n {2}Advice 0/);
  });

  test("says one drop, and that the rates of the last table are of the run", () => {
    const one = sites.slice(0, 1).map((site) => ({ ...site, count: 1, perSecond: 0.25 }));
    const head = (more: Partial<TotalsNotice>): string | undefined =>
      formatTotals(
        { ...notice, sites: one, ...more },
        { all: false, colour: false, columns: undefined, rows: undefined },
      ).split("\n")[0];
    assert.equal(head({}), "03:05:01  1 drop, 0.3/s, at 1 site; filtered: 30");
    assert.equal(head({ ofRun: true }), "03:05:01  1 drop, 0.3/s over the run, at 1 site; filtered: 30");
  });

  test("sorts by what it is asked for", () => {
    const first = (sort: string): string | undefined =>
      reasonsOf(screen(200, undefined, { sort, all: true }))[0];
    assert.deepEqual(["total", "rate", "last", "class", "reason", "location"].map(first), [
      "REASON_0",
      "REASON_11",
      "REASON_0",
      "REASON_0",
      "REASON_0",
      "REASON_0",
    ]);
    const byClass = screen(200, undefined, { sort: "class", all: true });
    assert.deepEqual(reasonsOf(byClass).slice(0, 4), ["REASON_0", "REASON_4", "REASON_8", "REASON_1"]);
  });

  test("paints class and reason, and nothing is wider for it", () => {
    const painted = screen(120, 24, { colour: true });
    assert.ok(painted.join("\n").includes("\x1b[31mREASON_0\x1b[0m"));
    assert.deepEqual(painted.map(stripVTControlCharacters), screen(120, 24));
  });
});

const owners = Array.from(
  { length: 12 },
  (_unused, at): OwnerSum => ({
    of: "cgroup",
    cgroupId: BigInt(at),
    class: CLASSES[at % CLASSES.length],
    count: 1000 - at,
    perSecond: at,
    owner: {
      by: "cgroup",
      certainty: "certain",
      missing: undefined,
      process: undefined,
      holders: undefined,
      uid: undefined,
      user: undefined,
      cgroup: `/system.slice/unit-${String(at).padStart(2, "0")}.service`,
      socketCgroup: undefined,
      workload: undefined,
      hint: undefined,
    },
  }),
);
const NAMELESS: readonly OwnerSum[] = [
  { of: "unknown", cgroupId: undefined, class: "refused", count: 9, perSecond: 0, owner: undefined },
  { of: "other", cgroupId: undefined, class: undefined, count: 8, perSecond: 0, owner: undefined },
  { of: "cgroup", cgroupId: 77n, class: "loss", count: 7, perSecond: 0, owner: undefined },
];

describe("formatTotals by owner", () => {
  const byOwner = (
    columns: number | undefined,
    rows: number | undefined,
    more = {},
    of = [...owners, ...NAMELESS],
  ): readonly string[] =>
    formatTotals({ ...notice, owners: of }, { all: true, colour: false, columns, rows, ...more })
      .split("\n")
      .filter((line) => line !== "");
  const countsOf = (lines: readonly string[]): readonly number[] =>
    lines.flatMap((line) => /^ +\S+ +(\d+) +[\d.]+%/.exec(line)?.slice(1).map(Number) ?? []);

  for (const columns of [80, 120, 200])
    for (const rows of [8, 12, 24])
      test(`fits ${columns}x${rows}, biggest first, and counts what it leaves out`, () => {
        const lines = byOwner(columns, rows);
        assert.ok(lines.length < rows, lines.join("\n"));
        for (const line of lines) assert.ok(line.length <= columns, line);
        const shown = countsOf(lines);
        assert.deepEqual(
          shown,
          owners
            .map(({ count }) => count)
            .concat(9, 8, 7)
            .slice(0, shown.length),
        );
        const rest = Number(/and (\d+) in/.exec(lines.at(-1) ?? "")?.[1] ?? 0);
        const whole = [...owners, ...NAMELESS].reduce((sum, { count }) => sum + count, 0);
        assert.equal(
          shown.reduce((sum, count) => sum + count, rest),
          whole,
        );
      });

  test("says what has no name, and why", () => {
    const lines = byOwner(undefined, undefined);
    assert.equal(lines[0], "03:05:01  11958 drops, 66/s, of 13 known owners; filtered: 30");
    assert.deepEqual(
      lines.slice(-3).map((line) => line.slice(33)),
      [
        "refused    (no socket that says its cgroup)",
        "-          (other owners: the map was full)",
        "loss       (cgroup 77, removed before it was named)",
      ],
    );
  });

  test("hides what is harmless, and counts it", () => {
    const lines = byOwner(undefined, undefined, { all: false });
    const harmless = owners.filter(({ class: one }) => one === "normal");
    const sum = harmless.reduce((all, { count }) => all + count, 0);
    assert.match(lines[0] ?? "", new RegExp(`harmless, not in the table: ${sum};`));
    assert.equal(countsOf(lines).length, owners.length + NAMELESS.length - harmless.length);
  });

  test("sorts by what it is asked for", () => {
    const first = (sort: string): number | undefined => countsOf(byOwner(undefined, undefined, { sort }))[0];
    assert.deepEqual(["total", "rate", "class", "owner"].map(first), [1000, 989, 8, 7]);
  });
});

test("rateNumber shows rates below 1/s as such", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0"],
    [0.001, "<0.01"],
    [0.04, "0.04"],
    [0.333, "0.3"],
    [1, "1"],
    [2.44, "2.4"],
    [9.96, "10"],
    [10.4, "10"],
    [28_226, "28226"],
  ];
  for (const [rate, text] of cases) assert.equal(rateNumber(rate), text, String(rate));
});

test("wrapWords breaks between words alone, and leaves lines that fit as they are", () => {
  assert.equal(wrapWords("one two three four", 9), "one two\n  three\n  four");
  assert.equal(wrapWords("  a  table   stays\nas it is", 20), "  a  table   stays\nas it is");
  assert.equal(wrapWords("longer-than-any-line one", 5), "longer-than-any-line\n  one");
  assert.equal(wrapWords("", 5), "");
});
